// The ports in JetStream, as a backend of the contract suites.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/nats/claims/jetstream_claims.hpp"
#include "runtime/nats/claims/jetstream_skips.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/deliveries/jetstream_parked_events.hpp"
#include "runtime/nats/deliveries/jetstream_subscriptions.hpp"
#include "runtime/nats/deliveries/jetstream_timers.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/log/jetstream_event_log.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/nats/log/jetstream_inspector.hpp"
#include "runtime/ports/identity.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/raw_nats.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/temp_folder.hpp"

namespace troupe::test {

/// What a test cannot do without.
template <class T>
T or_throw(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// A nats-server in a folder, both gone at the end.
class NatsServer {
public:
  /// `more`: further lines of its configuration.
  explicit NatsServer(std::string more = {}) : more_(std::move(more)) {}

  tool::PrivateNats& operator*() { return *server_; }
  tool::PrivateNats* operator->() { return server_.get(); }

  const std::filesystem::path& folder() const { return folder_.path(); }

  std::unique_ptr<nats::Connection> connect(const std::string& name = "test") {
    return or_throw(nats::Connection::open({server_->url(), name}));
  }

private:
  const std::string more_;
  tool::TempFolder folder_{"troupe-nats"};
  std::unique_ptr<tool::PrivateNats> server_ =
      or_throw(tool::PrivateNats::start({.folder = folder_.path(), .more = more_}));
};

/// All tests of a process share a server; each has a context of its own.
class OnJetStream {
public:
  Token context() const { return context_; }

  EventLog& log() { return log_; }
  EventStreams& streams() { return streams_; }
  Subscriptions& subscriptions() { return subscriptions_; }
  Timers& timers() { return timers_; }
  ParkedEvents& parked() { return parked_; }
  StreamInspector& inspector() { return inspector_; }

  Claims& claims() { return claims_; }
  Skips& skips() { return skips_; }

  /// Stores a message past the log, as anybody may who can reach the server.
  void write(const std::string& subject, const std::string& bytes) {
    RawNats(shared_server()->url()).store(subject, bytes);
  }

  nats::Connection& connection() { return *reads_; }

  static NatsServer& shared_server() {
    static NatsServer server;
    return server;
  }

  /// Returns when this backend is connected again.
  void wait_until_connected() {
    if (!eventually(reconnect_patience,
                    [this] { return appends_->connected() && reads_->connected(); }))
      throw std::runtime_error("the backend does not reconnect");
  }

  static constexpr std::chrono::milliseconds reconnect_patience{10'000};

private:
  /// The id of the server's system, once there are streams.
  std::string recorded_id() {
    or_throw(nats::ensure_streams(*appends_, context_, 1));
    return or_throw(nats::agree_on_system(*reads_, nats::new_system("test")));
  }

  const Token context_ = Token::parse("test-" + random_id()).value();
  const std::unique_ptr<nats::Connection> appends_ = shared_server().connect("appends");
  const std::unique_ptr<nats::Connection> reads_ = shared_server().connect("reads");
  const nats::SystemId system_{.id = recorded_id(), .node = "test"};
  nats::StreamLeaders leaders_{*reads_};
  nats::JetStreamEventLog log_{*appends_, leaders_};
  nats::JetStreamEventStreams streams_{leaders_};
  nats::JetStreamSubscriptions subscriptions_{*reads_};
  nats::JetStreamTimers timers_{*reads_};
  nats::JetStreamParkedEvents parked_{leaders_};
  nats::JetStreamClaims claims_{*reads_, system_};
  nats::JetStreamSkips skips_{*reads_};
  nats::JetStreamInspector inspector_{leaders_, {appends_.get(), reads_.get()}};
};

}  // namespace troupe::test

// The event log in JetStream: one stream per context, fenced by the subject's expected sequence.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/nats/log/concurrency_limit.hpp"
#include "runtime/nats/log/group_commit.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// Has no thread and never waits. `reads` may be of the connection `appends`; two keep
/// acknowledgements from waiting behind long histories. Both outlive the log.
class JetStreamEventLog final : public EventLog {
public:
  /// After this an append is in doubt. A new leader of a replicated stream takes 4 to 8 s.
  static constexpr std::chrono::milliseconds append_timeout{5'000};
  /// Loads under way; over it the next ones wait. A node that starts anew, with every instance
  /// asked for at once, must leave the log time to store.
  static constexpr std::size_t loads_max = 256;

  JetStreamEventLog(Connection& appends, StreamLeaders& reads);

  void append(const Subject& subject, std::uint64_t expected, std::vector<std::string> commits,
              Appended done) override;
  void load(const Subject& subject, std::uint64_t after, Loaded done) override;
  void load_before(const Subject& subject, std::uint64_t before, Loaded done) override;
  void load_at(const Subject& subject, std::vector<std::uint64_t> sequences, Loaded done) override;

private:
  using Read = std::function<void(StreamLeaders&, const std::string& stream, Loaded)>;

  void in_turn(const Subject& subject, Read read, Loaded done);
  GroupCommit& stream_of(const Subject& subject);

  Connection& appends_;
  StreamLeaders& reads_;
  const std::shared_ptr<ConcurrencyLimit> loads_;
  std::shared_mutex mutex_;  // guards the map; its entries stay
  std::map<std::string, std::shared_ptr<GroupCommit>, std::less<>> by_context_;
};

}  // namespace troupe::nats

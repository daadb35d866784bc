// The ports in Redis, as a backend of the contract suites.
#pragma once

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/ports/identity.hpp"
#include "runtime/redis/redis_high_water_marks.hpp"
#include "runtime/redis/redis_leases.hpp"
#include "runtime/redis/redis_snapshots.hpp"
#include "runtime/redis/redis_view_store.hpp"
#include "tools/servers/private_redis.hpp"
#include "tools/servers/temp_folder.hpp"

namespace troupe::test {

/// A server in a folder, both gone at the end.
class RedisServer {
public:
  RedisServer() {
    auto started = tool::PrivateRedis::start({.folder = folder_.path()});
    if (!started) throw std::runtime_error(started.error().what);
    server_ = std::move(*started);
  }

  tool::PrivateRedis& operator*() { return *server_; }
  tool::PrivateRedis* operator->() { return server_.get(); }
  redis::RedisOptions options() const {
    auto options = redis::parse_redis_url(server_->url()).value();
    options.timeout = timeout;
    return options;
  }

  static constexpr std::chrono::milliseconds timeout{1'000};

private:
  tool::TempFolder folder_{"troupe-redis"};
  std::unique_ptr<tool::PrivateRedis> server_;
};

/// All tests of a process share a server; each has a context of its own.
class OnRedis {
public:
  Token context() const { return context_; }

  ViewStore& views() { return views_; }
  void lose_checkpoint(const ViewName& view) {
    redis::Client operator_client(shared_server().options(), 1);
    const auto key = keys_.of(view, "checkpoint");
    if (operator_client.call({"UNLINK", key}).value().value().number() != 1)
      throw std::runtime_error("there was no checkpoint at " + key);
  }
  Snapshots& snapshots() { return snapshots_; }
  Leases& leases() { return leases_; }
  HighWaterMarks& marks() { return high_water_marks_; }
  /// The leases as another node sees them.
  std::unique_ptr<Leases> leases_of_another_node() {
    return std::make_unique<redis::RedisLeases>(shared_server().options(), keys_, "node-2");
  }

  static RedisServer& shared_server() {
    static RedisServer server;
    return server;
  }

  const redis::Keys& keys() const { return keys_; }

private:
  const Token context_ = Token::parse("test-" + random_id()).value();
  const redis::Keys keys_{"system-1"};
  redis::RedisViewStore views_{shared_server().options(), keys_};
  redis::RedisSnapshots snapshots_{shared_server().options(), keys_};
  redis::RedisHighWaterMarks high_water_marks_{shared_server().options(), keys_};
  redis::RedisLeases leases_{shared_server().options(), keys_, "node-1"};
};

}  // namespace troupe::test

// The subscriptions of one connection.
#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/client/feed.hpp"

namespace troupe::nats {

/// Thread safety: any method from any thread. REQUIRES: outlives what add() returns.
class Feeds {
public:
  /// nats.c 3.4.1's reader may still touch a subscription just after it was closed. Its memory is
  /// kept this much longer; the reader needs microseconds.
  static constexpr std::chrono::seconds retired_for{10};

  /// Takes over a feed that is open, and closes it with what is returned.
  std::unique_ptr<Connection::Subscribed> add(std::unique_ptr<Feed> feed);
  /// Keeps a closed feed until nothing of nats.c's can touch it.
  void retire(std::unique_ptr<Feed> feed);
  /// Called now and then: what waits for a handler that takes long is known to have come in, too.
  void look();

  bool all_closed() const { return open_ == 0; }

private:
  class Open;

  void close(std::unique_ptr<Feed> feed);

  std::atomic<int> open_{0};
  std::mutex bounded_mutex_;
  std::vector<Feed*> bounded_;  // under bounded_mutex_, those that are open
  std::mutex retired_mutex_;
  std::deque<std::pair<std::chrono::steady_clock::time_point, std::unique_ptr<Feed>>>
      retired_;  // under retired_mutex_
};

}  // namespace troupe::nats

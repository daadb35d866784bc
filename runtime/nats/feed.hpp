// One nats.c subscription with its handler.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>

#include "runtime/nats/connection.hpp"

namespace troupe::nats {

/// nats.c runs one thread for each. Its reader may still touch a feed just after `close`, so its
/// memory must stay a little longer.
class Feed {
public:
  explicit Feed(Connection::Handler handler) : handler_(std::move(handler)) {}

  natsStatus open(natsConnection* connection, const std::string& subject, const std::string& queue);

  /// Lets messages already received be handled, takes no new ones. Blocks at most `patience`.
  void drain(std::chrono::milliseconds patience);
  void begin_drain(std::chrono::milliseconds patience);

  /// Returns when the handler runs no more. REQUIRES: is not called by the handler.
  void close();

private:
  static void on_message(natsConnection*, natsSubscription*, natsMsg* raw, void* closure);
  static void on_complete(void* closure);

  static thread_local const Feed* running_here;

  Connection::Handler handler_;
  std::atomic<bool> stopped_{false};
  std::size_t burst_ = 0;  // messages handled since the thread let go; of the delivery thread
  std::mutex mutex_;
  std::condition_variable ended_;
  bool reports_end_ = false;  ///< nats.c will call on_complete
  bool complete_ = false;
  SubscriptionHandle handle_;
};

}  // namespace troupe::nats

// One nats.c subscription with its handler.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "runtime/base/steady_time.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// nats.c runs one thread for each. Its reader may still touch a feed just after `close`, so its
/// memory must stay a little longer.
class Feed {
public:
  explicit Feed(Connection::Subscription what);

  natsStatus open(natsConnection* connection);

  /// Lets messages already received be handled, takes no new ones. Blocks at most `patience`.
  void drain(std::chrono::milliseconds patience);
  void begin_drain(std::chrono::milliseconds patience);

  /// Notes what waits, if it is bounded. Any thread.
  void look() { (void)look(handle_.get()); }
  bool bounded() const { return what_.bounded.has_value(); }

  /// Returns when the handler runs no more. REQUIRES: is not called by the handler.
  void close();

private:
  std::size_t look(natsSubscription* subscription);
  void handle(natsSubscription* subscription, Received message);
  Intake::Verdict judge(Received& message);
  void refuse(natsSubscription* subscription, Received message, Intake::Verdict verdict);
  void count_dropped(natsSubscription* subscription);

  static void on_message(natsConnection*, natsSubscription*, natsMsg* raw, void* closure);
  static void on_complete(void* closure);

  static thread_local const Feed* running_here;
  static constexpr std::chrono::seconds tell_every{1};

  Connection::Subscription what_;
  std::atomic<bool> stopped_{false};

  std::mutex intake_mutex_;
  std::optional<Intake> intake_;  // under intake_mutex_, when it is bounded

  // Of the delivery thread.
  std::size_t burst_ = 0;      // messages handled since the thread let go
  std::uint64_t dropped_ = 0;  // by nats.c, as counted so far
  SteadyTime told_at_{};

  std::mutex mutex_;
  std::condition_variable ended_;
  bool reports_end_ = false;  ///< nats.c will call on_complete
  bool complete_ = false;
  SubscriptionHandle handle_;
};

}  // namespace troupe::nats

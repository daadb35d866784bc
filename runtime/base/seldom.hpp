// For lines of the log that a flood would repeat.
#pragma once

#include <atomic>
#include <chrono>

namespace troupe::nats {

/// Thread safety: any thread.
class Seldom {
public:
  static constexpr std::chrono::minutes between{1};

  /// True at most once in so long.
  bool now() {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    auto until = silent_until_.load();
    return until <= now.count()
           && silent_until_.compare_exchange_strong(until, (now + between).count());
  }

private:
  std::atomic<std::chrono::steady_clock::rep> silent_until_{0};
};

}  // namespace troupe::nats

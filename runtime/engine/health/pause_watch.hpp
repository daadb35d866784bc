// Notices that the whole process stood still: stopped by a signal, or with its machine.
#pragma once

#include <atomic>
#include <chrono>

#include "runtime/base/steady_time.hpp"

namespace troupe::engine {

/// Whatever came in during a pause may have been given up by its sender and repeated elsewhere. It
/// is not begun any more, or it could take effect after a definite answer. Thread safe.
class PauseWatch {
public:
  /// Shorter than the silence after which others may take this node's slots.
  static constexpr std::chrono::milliseconds pause_min{1'000};
  /// So long after a pause what comes in may be from before.
  static constexpr std::chrono::milliseconds stale_for{500};

  explicit PauseWatch(SteadyTime now) : ticked_at_(now) {}

  /// Says that the process runs; many times within pause_min.
  void tick(SteadyTime now) {
    if (now - ticked_at_.exchange(now) >= pause_min) stale_until_ = now + stale_for;
  }

  bool paused_lately(SteadyTime now) const {
    return now < stale_until_.load() || now - ticked_at_.load() >= pause_min;
  }

private:
  std::atomic<SteadyTime> ticked_at_;
  std::atomic<SteadyTime> stale_until_{SteadyTime::min()};
};

}  // namespace troupe::engine

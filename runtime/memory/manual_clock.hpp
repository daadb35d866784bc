// A clock that moves only when told to.
#pragma once

#include <functional>
#include <map>
#include <mutex>

#include "runtime/ports/clock.hpp"

namespace troupe::memory {

/// Wall clock and monotonic clock move together. Thread safety: any method from any thread, but
/// ignore() not while another thread advances.
class ManualClock final : public Clock {
public:
  explicit ManualClock(Time start = Time{std::chrono::hours{24 * 365 * 56}}) : now_(start) {}

  Time now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  std::chrono::steady_clock::time_point steady() const override {
    const std::lock_guard lock(mutex_);
    return steady_;
  }

  /// Moves on, then tells everybody who wants to know, on this thread.
  void advance(std::chrono::milliseconds by) {
    std::map<int, std::function<void()>> listeners;
    {
      const std::lock_guard lock(mutex_);
      now_ += by;
      steady_ += by;
      listeners = listeners_;
    }
    for (const auto& [id, listener] : listeners) listener();
  }

  /// Returns a number for ignore().
  int on_advance(std::function<void()> listener) {
    const std::lock_guard lock(mutex_);
    listeners_.emplace(++last_listener_, std::move(listener));
    return last_listener_;
  }
  void ignore(int listener) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(listener);
  }

private:
  mutable std::mutex mutex_;
  Time now_;
  std::chrono::steady_clock::time_point steady_{std::chrono::hours{1}};
  std::map<int, std::function<void()>> listeners_;
  int last_listener_ = 0;
};

}  // namespace troupe::memory

// Counts what was taken in and is not answered yet.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace troupe::nats {

/// Thread safety: any method from any thread.
class InFlight {
public:
  explicit InFlight(std::size_t max) : max_(max) {}

  /// False, and nothing is counted, when the bound is reached.
  bool enter() {
    const std::lock_guard lock(mutex_);
    if (count_ >= max_) return false;
    ++count_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) empty_.notify_all();
  }
  /// False when something is still in flight after `patience`.
  bool wait_until_empty(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return empty_.wait_for(lock, patience, [this] { return count_ == 0; });
  }
  std::size_t max() const { return max_; }

private:
  const std::size_t max_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::size_t count_ = 0;
};

}  // namespace troupe::nats

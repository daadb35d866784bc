// Counts what a node has begun and not answered, within a bound.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace troupe::engine {

/// Thread safety: any method from any thread.
class InFlight {
public:
  explicit InFlight(std::size_t max) : max_(max) {}

  /// False, and nothing is counted, at the bound.
  bool enter() {
    if (count_.fetch_add(1) < max_) return true;
    leave();
    return false;
  }

  void leave() {
    if (count_.fetch_sub(1) != 1 || !awaited_) return;
    const std::lock_guard lock(mutex_);
    emptied_.notify_all();
  }

  /// False when something is still in flight after `patience`.
  bool wait_until_empty(std::chrono::milliseconds patience) {
    awaited_ = true;
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, patience, [&] { return count_ == 0; });
  }

private:
  const std::size_t max_;
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> awaited_{false};
  std::mutex mutex_;
  std::condition_variable emptied_;
};

}  // namespace troupe::engine

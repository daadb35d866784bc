// Counts what was taken in and is not answered yet.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <limits>
#include <mutex>

namespace troupe {

/// Thread safety: any method from any thread.
class InFlight {
public:
  explicit InFlight(std::size_t max,
                    std::size_t bytes_max = std::numeric_limits<std::size_t>::max())
      : max_(max), bytes_max_(bytes_max) {}

  /// False, and nothing is counted, when a bound is reached. One alone may be larger than all.
  bool enter(std::size_t bytes = 0) {
    const auto others = count_.fetch_add(1);
    const auto their_bytes = bytes_.fetch_add(bytes);
    if (others < max_ && (their_bytes == 0 || their_bytes + bytes <= bytes_max_)) return true;
    leave(bytes);
    return false;
  }
  void leave(std::size_t bytes = 0) {
    bytes_ -= bytes;
    if (count_.fetch_sub(1) != 1 || !awaited_) return;
    const std::lock_guard lock(mutex_);
    emptied_.notify_all();
  }
  /// There is little room left.
  bool nearly_full() const {
    return count_ >= max_ - max_ / kept_free || bytes_ >= bytes_max_ - bytes_max_ / kept_free;
  }
  /// False when something is still in flight after `patience`.
  bool wait_until_empty(std::chrono::milliseconds patience) {
    awaited_ = true;
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, patience, [this] { return count_ == 0; });
  }
  std::size_t max() const { return max_; }

private:
  static constexpr std::size_t kept_free = 4;  // one of so many parts

  const std::size_t max_;
  const std::size_t bytes_max_;
  std::atomic<std::size_t> count_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<bool> awaited_{false};
  std::mutex mutex_;
  std::condition_variable emptied_;
};

}  // namespace troupe

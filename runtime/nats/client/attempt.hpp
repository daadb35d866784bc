// Something that may not take longer than it is given, such as a try to connect.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

namespace troupe::nats {

/// Thread safety: any method from any thread. All attempts of the process share a thread.
class Attempt {
public:
  /// `overdue` is called on that thread when an attempt has not ended for `longest`. It may still
  /// be called just after the end.
  Attempt(std::chrono::milliseconds longest, std::function<void()> overdue);
  ~Attempt() { end(); }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  /// Begins, and ends the one before.
  void begin();
  void end();

private:
  const std::chrono::milliseconds longest_;
  const std::function<void()> overdue_;
  std::atomic<std::uint64_t> number_{0};  ///< of the one under way, or 0
};

}  // namespace troupe::nats

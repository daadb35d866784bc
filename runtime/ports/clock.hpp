// What time it is, for those outside the domain who may ask.
#pragma once

#include <chrono>

#include <troupe/aggregate.hpp>

namespace troupe {

/// Thread safe.
class Clock {
public:
  virtual ~Clock() = default;
  /// Wall clock, for what is recorded.
  virtual Time now() const = 0;
  /// Monotonic, for deadlines and idleness.
  virtual std::chrono::steady_clock::time_point steady() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
  Time now() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::now();
  }
};

}  // namespace troupe

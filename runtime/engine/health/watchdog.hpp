// Knows which handlers of the domain run and names those that do not return.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ports/clock.hpp"

namespace troupe::engine {

/// Thread safety: any method from any thread.
class Watchdog {
public:
  /// Handlers watched at a time; beyond it they run unwatched. Far above the number of threads.
  static constexpr std::size_t running_max = 256;

  /// While it lives a handler is running.
  class Watch {
  public:
    Watch(Watch&& other) noexcept : watchdog_(other.watchdog_), place_(other.place_) {
      other.watchdog_ = nullptr;
    }
    Watch& operator=(Watch&&) = delete;
    ~Watch() {
      if (watchdog_) watchdog_->leave(place_);
    }

  private:
    friend class Watchdog;
    Watch(Watchdog* watchdog, std::size_t place) : watchdog_(watchdog), place_(place) {}
    Watchdog* watchdog_;
    std::size_t place_;
  };

  Watchdog(const Clock& clock, std::chrono::milliseconds patience);

  /// REQUIRES: both texts outlive the watch.
  [[nodiscard]] Watch watch(std::string_view instance, std::string_view handler);

  /// Sentences about handlers that run for longer than the patience.
  std::vector<std::string> overdue();

private:
  struct Running {
    std::string_view instance;
    std::string_view handler;
    std::chrono::steady_clock::time_point since;
    bool active = false;
  };

  void leave(std::size_t place);

  const Clock& clock_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::array<Running, running_max> running_;  // under mutex_
  std::vector<std::size_t> free_;             // under mutex_
};

}  // namespace troupe::engine

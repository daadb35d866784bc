// Whether the log takes the appends of a context.
#pragma once

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "runtime/ports/clock.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::engine {

/// A refusal is told at once, what is in doubt when nothing was acknowledged for a while. One
/// acknowledgement ends it, of whichever instance. Thread safety: any method from any thread.
class AppendWatch {
public:
  /// A new leader of a stream is awaited for so long without a word.
  static constexpr std::chrono::milliseconds patience{10'000};

  AppendWatch(const Clock& clock, Conditions& conditions, const std::string& context)
      : clock_(clock),
        context_(context),
        refuses_(conditions, condition::log_refuses_appends, context) {}

  /// The common case costs one load.
  void acknowledged() {
    if (!failing_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(mutex_);
    failing_ = false;
    refuses_.clear();
  }

  void refused(const std::string& why) {
    const std::lock_guard lock(mutex_);
    fails(why);
    tell();
  }

  void in_doubt(const std::string& why) {
    const std::lock_guard lock(mutex_);
    fails(why);
  }

  /// Called now and then.
  void look() {
    if (!failing_) return;
    const std::lock_guard lock(mutex_);
    if (failing_ && clock_.now() - since_ >= patience) tell();
  }

private:
  void fails(const std::string& why) {
    why_ = why;
    if (!failing_.exchange(true)) since_ = clock_.now();
  }
  void tell() {
    refuses_.set(fmt::format("The log of {} takes no appends: {}", context_, why_), since_);
  }

  const Clock& clock_;
  const std::string context_;
  std::atomic<bool> failing_{false};
  std::mutex mutex_;
  std::string why_;  // under mutex_
  Time since_;       // under mutex_
  OwnCondition refuses_;
};

}  // namespace troupe::engine

// What is tried again and again: how often, since when, and why.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include <spdlog/fmt/fmt.h>

#include "runtime/engine/health/counters.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::engine {

/// Of the steps of a context's events, timers and effects. Those that succeed at once cost nothing
/// here; the others are bounded by the deliveries in flight and the calls under way.
/// Thread safety: any method from any thread.
class StepWatch {
public:
  /// A moved slot or a new leader is waited for without a word.
  static constexpr std::chrono::milliseconds patience{10'000};

  StepWatch(const Clock& clock, Conditions& conditions, Counters& counters,
            const std::string& context)
      : clock_(clock),
        counters_(counters),
        context_(context),
        fail_(conditions, condition::steps_fail, context) {}

  /// `steps` names them until ends(). They go again.
  void fails(const void* steps, const std::string& cause) {
    ++counters_.retries;
    const std::lock_guard lock(mutex_);
    failing_.try_emplace(steps, Failing{clock_.now(), {}}).first->second.cause = cause;
  }
  void ends(const void* steps) {
    const std::lock_guard lock(mutex_);
    failing_.erase(steps);
  }

  /// Called now and then.
  void look() {
    const std::lock_guard lock(mutex_);
    const Failing* oldest = nullptr;
    for (const auto& [steps, failing] : failing_)
      if (oldest == nullptr || failing.since < oldest->since) oldest = &failing;
    if (oldest == nullptr || clock_.now() - oldest->since < patience) return fail_.clear();
    fail_.set(fmt::format("{} steps that {} has to take are tried again and again, the longest: {}",
                          failing_.size(), context_, oldest->cause),
              oldest->since);
  }

private:
  struct Failing {
    Time since;
    std::string cause;
  };

  const Clock& clock_;
  Counters& counters_;
  const std::string context_;
  std::mutex mutex_;
  std::map<const void*, Failing> failing_;  // under mutex_
  OwnCondition fail_;
};

}  // namespace troupe::engine

// What one event of a source means for a context: commands to send, timers to change, effects to
// begin.
#pragma once

#include <string>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/engine/asks/steps.hpp"
#include "runtime/engine/effects/effect_runner.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/ports/timers.hpp"

namespace troupe::engine {

/// Constant after construction; used on one strand.
class EventPlan {
public:
  struct Dependencies {
    CommandBus& bus;
    Timers& timers;
    EffectRunner& effects;
    Watchdog& watchdog;
    const EngineOptions& options;
  };

  /// `consumer` names who listens; commands' ids depend on it.
  EventPlan(Dependencies deps, const ContextModel& context, const Token& source,
            std::string consumer);

  /// The steps that deal with event number `index` of a commit. Fails permanently when a handler
  /// throws, the event cannot be read, or a command is for an illegal instance.
  Result<std::vector<Step>> steps(const ReadCommit& read, int index) const;

private:
  Result<void> add_reactions(const ReadCommit& read, int index, std::vector<Step>& to) const;
  Result<void> add_timers(const ReadCommit& read, int index, std::vector<Step>& to) const;
  Result<void> add_effects(const ReadCommit& read, int index, std::vector<Step>& to) const;

  const Dependencies deps_;
  const ContextModel& model_;
  const Token context_;
  const bool own_;  ///< the source is the context itself
  const std::string consumer_;
};

}  // namespace troupe::engine

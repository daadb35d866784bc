// What handling an event comes down to: steps that are tried until they are done or hopeless.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/base/strand.hpp"
#include "runtime/engine/health/step_watch.hpp"
#include "runtime/ports/command_bus.hpp"

namespace troupe::engine {

struct StepResult {
  enum class Kind { done, again, poison };
  Kind kind = Kind::done;
  std::string cause;  ///< one sentence, unless done
};

/// Runs exactly once, on any thread.
using StepDone = std::function<void(StepResult)>;
/// May be run again until it is done; running it twice has the effect of running it once.
using Step = std::function<void(StepDone)>;

/// Runs all steps at the same time, each again for ever, with pauses that grow, until it is done or
/// poison; `watch` knows of those that go again. Then calls `finished`, on the strand, with what
/// was poison, or "". REQUIRES: called on the strand.
void run_steps(const std::shared_ptr<Strand>& strand, StepWatch& watch, std::vector<Step> steps,
               std::function<void(std::string poison)> finished);

/// What a command's outcome means for the event that asked for it.
using Judge = std::function<StepResult(const Command&, const Outcome&)>;

/// Sends the command; each try has `patience` from its start.
Step command_step(CommandBus& bus, Command command, std::chrono::milliseconds patience,
                  Judge judge);

/// What a port's answer means.
StepResult step_result(const Result<void>& result);

}  // namespace troupe::engine

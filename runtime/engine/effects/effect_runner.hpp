// Makes the calls to the outside world that events ask for, and turns what comes of them into
// commands.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/recent_keys.hpp"
#include "runtime/base/strand.hpp"
#include "runtime/engine/asks/asked.hpp"
#include "runtime/engine/asks/steps.hpp"
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/health/watchdog.hpp"
#include "runtime/engine/options/engine_options.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/effects.hpp"
#include "runtime/ports/timers.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

/// An effect is open from its event until the command that carries its result is accepted. Until
/// then a durable timer is armed that makes the next attempt, on whichever node, so that nothing is
/// lost with a process and no delivery is held while whoever answers is down. Here in memory is
/// only what this node is busy with.
///
/// Thread safety: begin from any thread; everything else lives on the strand.
class EffectRunner {
public:
  /// Calls of one effect at a time; further ones wait their turn ...
  static constexpr std::size_t calls_max = 64;
  /// ... up to here; those beyond are left to their timers.
  static constexpr std::size_t waiting_max = 4'096;
  /// Effects known to be finished, so that a timer which was just firing does not repeat them.
  static constexpr std::size_t finished_max = 4'096;

  struct Dependencies {
    Effects& effects;
    Timers& timers;
    CommandBus& bus;
    const Clock& clock;
    Watchdog& watchdog;
    Counters& counters;
    StepWatch& steps;
    const EngineOptions& options;
  };

  /// REQUIRES: the strand is stopped before the runner is destroyed.
  EffectRunner(Dependencies deps, const ContextModel& context, std::shared_ptr<Strand> strand);

  /// By the name that it has, or had.
  const EffectModel* find(std::string_view effect) const;

  /// Takes over the attempt that the record describes; one that comes too late for the effect's
  /// policy is not made, and has failed. Done when its timer is armed; the call
  /// follows in the background, unless this node is busy with the effect already. Poison when there
  /// is no such effect or its event cannot be read.
  void begin(v1::TimerRecord record, StepDone taken);

  /// Another log was accepted, in which events that are gone may happen anew.
  void forget_finished();

private:
  struct Open {
    const EffectModel* model = nullptr;
    v1::TimerRecord record;
    MessagePtr event;
    Time taken;
  };
  struct Line {
    std::size_t calling = 0;
    std::deque<std::string> waiting;  ///< keys of open_
  };

  MessagePtr event_of(const v1::TimerRecord& record) const;
  void take_over(const v1::TimerRecord& record, const StepDone& taken);
  void line_up(const std::string& key, const v1::TimerRecord& record);
  void call(const std::string& key);
  void called(const std::string& key, const Result<MessagePtr>& answer);
  void next_in(Line& line);
  void answered(const std::string& key, const Message& answer);
  void failed(const std::string& key, const Failure& failure);
  void put_off(const std::string& key, const std::string& why);
  void tell(const std::string& key, std::string_view reaction,
            const std::function<std::vector<AskedCommand>()>& asks, const Judge& judge,
            std::function<void()> told);
  void close(const std::string& key);
  void try_again(const std::string& key, Time when);
  void forget(const std::string& key);
  void arm(const v1::TimerRecord& record, Time due, Timers::Done done);

  const Dependencies deps_;
  const ContextModel& context_;
  const std::shared_ptr<Strand> strand_;
  std::map<std::string, Open> open_;   // by event and effect
  std::map<std::string, Line> lines_;  // by effect
  RecentKeys finished_{finished_max};  // their results are told
};

/// The name of the timer that keeps an effect going.
std::string effect_timer_name(std::string_view effect, std::uint64_t version);

/// The instance of a record that this program wrote, or nothing when its names are illegal.
std::optional<Instance> instance_of(const v1::TimerRecord& record);

}  // namespace troupe::engine

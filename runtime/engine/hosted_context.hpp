// One context as this node runs it: its instances' kinds, reactors, timers, effects and views.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/engine/effects/fired_timers.hpp"
#include "runtime/engine/engine.hpp"
#include "runtime/engine/health/append_watch.hpp"
#include "runtime/engine/health/backlog_watch.hpp"
#include "runtime/engine/instances/instance_kind.hpp"
#include "runtime/engine/log_guard/log_guard.hpp"
#include "runtime/engine/reactions/reactor.hpp"
#include "runtime/engine/views/projector.hpp"
#include "runtime/engine/views/queries.hpp"

namespace troupe::engine {

/// Thread safety: kind_of, slots, log_guard and stats from any thread, the others from one thread.
class HostedContext {
public:
  struct Dependencies {
    const EngineOptions& options;
    const Ports& ports;
    CommandBus& bus;
    const SkipList& skips;
    Watchdog& watchdog;
    InFlight& in_flight;
    SharedGate gate;
  };

  /// REQUIRES: check_declarations found nothing.
  /// `forget` lets all instances of the context go.
  HostedContext(Dependencies deps, const ContextModel& model, SlotIngress& ingress,
                Slots::LetGo let_go, std::function<void()> forget);

  const ContextModel& model() const noexcept { return model_; }
  const Token& name() const noexcept { return name_; }
  Slots& slots() noexcept { return slots_; }
  ViewPositions& positions() noexcept { return positions_; }
  const Counters& counters() const noexcept { return counters_; }
  /// Commands that wait for the owner of another slot.
  InFlight& forwards() noexcept { return forwards_; }
  /// Starts views and deliveries when the log is sound, halts them when it is not.
  LogGuard& log_guard() noexcept { return log_guard_; }
  const LogGuard& log_guard() const noexcept { return log_guard_; }

  /// Null when there is no such aggregate.
  std::shared_ptr<const InstanceKind> kind_of(std::string_view aggregate) const;

  /// A message of the stream is skipped from now on: what is parked on its account is tried again.
  /// Any thread.
  void decided(const std::string& stream);

  /// Called now and then.
  void look_at_what_fails() {
    appends_.look();
    steps_.look();
  }

  /// Looks after what waits, from then on by itself.
  void start_backlog_watch() { backlog_watch_.start(); }

  /// REQUIRES: the guard is stopped.
  void stop_deliveries();
  void stop_views();

  ContextStats stats() const;

private:
  std::vector<BacklogWatch::Reaction> reactions() const;
  bool keeps(std::string_view kind, std::string_view part) const;
  void add_kinds();
  void add_reactors();
  void start_views();
  void view_moved(std::size_t view, std::uint64_t checkpoint);
  void start_deliveries();
  void halt();

  const Dependencies deps_;
  const ContextModel& model_;
  const Token name_;
  Counters counters_;
  InFlight forwards_;
  Slots slots_;
  AppendWatch appends_;
  StepWatch steps_;
  ViewPositions positions_;
  std::map<std::string, std::shared_ptr<const InstanceKind>, std::less<>> kinds_;
  const std::shared_ptr<Strand> strand_ = std::make_shared<Strand>();  // of timers and effects
  EffectRunner effects_;
  FiredTimers fired_timers_;
  std::vector<std::unique_ptr<Reactor>> reactors_;
  std::vector<std::unique_ptr<Projector>> projectors_;
  BacklogWatch backlog_watch_;
  LogGuard log_guard_;  // last: starts and halts the others
};

}  // namespace troupe::engine

// Takes the timers of a context that are due: sends their commands, continues their effects.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "runtime/base/strand.hpp"
#include "runtime/engine/asks/parking.hpp"
#include "runtime/engine/effects/effect_runner.hpp"
#include "runtime/engine/effects/stored_timer.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/subscription.hpp"
#include "runtime/ports/timers.hpp"

namespace troupe::engine {

/// What is no timer is parked. All state lives on the strand, which the engine stops after this.
class FiredTimers final : public DeliveryHandler {
public:
  /// A timer whose command is refused for good, or that this program does not know, comes again
  /// after this, so that it holds no delivery and is not lost to a fault that a newer program
  /// mends.
  static constexpr std::chrono::minutes put_off_for{1};
  /// One that comes so long before its time is armed again: clocks differ less, and a log's own
  /// clock may end before a time that it is asked for.
  static constexpr std::chrono::minutes early_max{5};

  struct Dependencies {
    CommandBus& bus;
    EffectRunner& effects;
    Timers& timers;
    ParkedEvents& parked;
    const Clock& clock;
    Counters& counters;
    StepWatch& steps;
    Conditions& conditions;
    const EngineOptions& options;
  };

  FiredTimers(Dependencies deps, const ContextModel& context, std::shared_ptr<Strand> strand);

  void start(Subscriptions& subscriptions);
  void stop() { subscription_.reset(); }

  void activated(std::uint64_t) override {}
  void can_deliver(const std::string& why_not) override { refused_.show(why_not); }
  void deliver(Delivery delivery) override;

private:
  void take(const Delivery& delivery);
  void acknowledge(std::uint64_t sequence);
  void park(const Delivery& delivery, const std::string& cause);
  void put_off(const Delivery& delivery, const ReadTimer& timer, const std::string& cause);
  /// Acknowledges the delivery when the timer is armed.
  void arm_again(const Delivery& delivery, const ReadTimer& timer, Time due);
  void warn_of_unknown(const ReadTimer& timer) const;
  Result<std::vector<Step>> steps_for(const ReadTimer& timer) const;

  const Dependencies deps_;
  const ContextModel& context_;
  const std::shared_ptr<Strand> strand_;
  Parking parking_;
  OwnCondition refused_;
  std::map<std::uint64_t, std::function<void()>> handling_;  // newest acknowledgement by sequence
  std::unique_ptr<Subscription> subscription_;               // last: ends the deliveries
};

}  // namespace troupe::engine

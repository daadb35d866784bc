#include "runtime/engine/effects/fired_timers.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/engine/history/fold.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/declared_name.hpp"

namespace troupe::engine {

namespace {

/// A timer's command tolerates being late or repeated, so a refusal by the domain ends the matter.
/// What may pass is tried again at once, anything else much later.
StepResult judge_fired(const Command& command, const Outcome& outcome) {
  if (std::holds_alternative<Accepted>(outcome)) return {};
  if (worth_repeating(outcome)) return {StepResult::Kind::again, sentence(command, outcome)};
  if (std::get<Rejected>(outcome).code == RejectionCode::refused) return {};
  return {StepResult::Kind::poison, sentence(command, outcome)};
}

}  // namespace

FiredTimers::FiredTimers(Dependencies deps, const ContextModel& context,
                         std::shared_ptr<Strand> strand)
    : deps_(deps),
      context_(context),
      strand_(std::move(strand)),
      parking_({deps.parked, deps.clock, deps.counters}, declared_name(context.name),
               declared_name("timers"),
               stream_name(StreamKind::timers, declared_name(context.name)), strand_),
      refused_(deps.conditions, condition::consumer_refused, context.name, "timers") {}

void FiredTimers::start(Subscriptions& subscriptions) {
  subscription_ = subscriptions.timers(declared_name(context_.name),
                                       deps_.options.deliveries_in_flight_max, *this);
}

void FiredTimers::deliver(Delivery delivery) {
  strand_->post([this, delivery = std::move(delivery)] { take(delivery); });
}

void FiredTimers::take(const Delivery& delivery) {
  const auto sequence = delivery.sequence;
  if (!handling_.insert_or_assign(sequence, delivery.acknowledge).second) return;
  const auto timer = read_timer(delivery.subject, delivery.bytes);
  if (!timer) return park(delivery, "it is no timer: " + timer.error().what);
  if (const auto due = to_time(timer->record.due()); due > deps_.clock.now() + early_max)
    return arm_again(delivery, *timer, due);
  auto steps = steps_for(*timer);
  if (!steps) return put_off(delivery, *timer, steps.error().what);  // a newer program may know it
  run_steps(strand_, deps_.steps, *std::move(steps),
            [this, delivery, timer = *timer](const std::string& poison) {
              poison.empty() ? acknowledge(delivery.sequence) : put_off(delivery, timer, poison);
            });
}

void FiredTimers::acknowledge(std::uint64_t sequence) { handling_.extract(sequence).mapped()(); }

/// Not acknowledged, which removes it from its stream, before it is parked.
void FiredTimers::park(const Delivery& delivery, const std::string& cause) {
  spdlog::error("The timer {} is parked: {}.", delivery.subject.str(), cause);
  parking_.park({delivery.subject, delivery.sequence, delivery.bytes, cause},
                [this, sequence = delivery.sequence] { acknowledge(sequence); });
}

void FiredTimers::put_off(const Delivery& delivery, const ReadTimer& timer,
                          const std::string& cause) {
  const auto sentence =
      fmt::format("The timer {} has no effect and comes again in {} s: {}", delivery.subject.str(),
                  std::chrono::seconds(put_off_for).count(), cause);
  spdlog::error("{}.", sentence);
  deps_.conditions.set_for(2 * put_off_for, condition::timers_put_off, context_.name, "timers",
                           sentence);
  arm_again(delivery, timer, deps_.clock.now() + put_off_for);
}

void FiredTimers::arm_again(const Delivery& delivery, const ReadTimer& timer, Time due) {
  Step arm = [this, timer, due, delivery](const StepDone& done) {
    deps_.timers.arm(timer.instance, timer.name, due, delivery.bytes,
                     [done](const Result<void>& armed) { done(step_result(armed)); });
  };
  run_steps(strand_, deps_.steps, {std::move(arm)},
            [this, delivery](const std::string&) { acknowledge(delivery.sequence); });
}

/// Its command is sent all the same: nothing is lost, but what should have disarmed it may not
/// have.
void FiredTimers::warn_of_unknown(const ReadTimer& timer) const {
  const auto& name = timer.record.name();
  const bool known = std::ranges::any_of(context_.timers, [&](const TimerModel& one) {
    return one.name == name || stored_name(one) == name;
  });
  if (!known)
    spdlog::warn(
        "A timer {} of {} {} is due, and {} declares none; one that was renamed says so "
        "by its `formerly`.",
        name, timer.instance.aggregate.str(), timer.instance.id.str(), context_.name);
}

Result<std::vector<Step>> FiredTimers::steps_for(const ReadTimer& timer) const {
  const auto& instance = timer.instance;
  const auto& record = timer.record;
  std::vector<Step> steps;
  if (record.has_effect()) {
    steps.push_back(
        [this, record](StepDone done) { deps_.effects.begin(record, std::move(done)); });
    return steps;
  }
  const auto* aggregate = context_.aggregate(record.aggregate());
  if (!aggregate || instance.context.str() != context_.name)
    return permanent("it is for no instance of " + context_.name);
  std::map<std::string, const Message*, std::less<>> types;
  for (const auto& [name, type] : aggregate->commands) types.emplace(type->GetTypeName(), type);
  SharedMessage body = unpack(record.command(), types);
  if (!body) return permanent("its " + shown(type_of(record.command())) + " cannot be read");
  const Cause cause{.consumer = "timer",
                    .source_subject = Subject::events(instance).str(),
                    .version = version_in(record.armed_by()),
                    .time = to_time(record.due()),
                    .correlation_id = record.correlation_id(),
                    .traceparent = record.traceparent()};
  warn_of_unknown(timer);
  auto commands = commands_for(cause, instance.context, record.aggregate(), record.name(),
                               {{record.id(), std::move(body)}});
  if (!commands) return tl::make_unexpected(commands.error());
  for (auto& command : *commands)
    steps.push_back(
        command_step(deps_.bus, std::move(command), deps_.options.asked_deadline, judge_fired));
  return steps;
}

}  // namespace troupe::engine

#include "runtime/engine/fired_timers.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/domain/timestamp.hpp"
#include "runtime/engine/fold.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::engine {

namespace {

/// A timer's command tolerates being late or repeated, so a refusal by the domain ends the matter.
/// What may pass is tried again at once, anything else much later.
StepResult judge_fired(const Command& command, const Outcome& outcome) {
  if (std::holds_alternative<Accepted>(outcome)) return {};
  if (worth_repeating(outcome)) return {StepResult::Kind::again, sentence(command, outcome)};
  if (std::get<Rejected>(outcome).code == 422) return {};
  return {StepResult::Kind::poison, sentence(command, outcome)};
}

}  // namespace

FiredTimers::FiredTimers(World world, const ContextModel& context, std::shared_ptr<Strand> strand)
    : world_(world), context_(context), strand_(std::move(strand)) {}

void FiredTimers::start(Subscriptions& subscriptions) {
  const auto context = Token::parse(context_.name);
  TROUPE_ASSERT(context, "a context's name is a token");
  subscription_ = subscriptions.timers(*context, world_.options.deliveries_in_flight_max, *this);
}

void FiredTimers::deliver(Delivery delivery) {
  strand_->post([this, delivery = std::move(delivery)] { take(delivery); });
}

void FiredTimers::take(const Delivery& delivery) {
  const auto sequence = delivery.sequence;
  if (!handling_.insert_or_assign(sequence, delivery.acknowledge).second) return;
  v1::TimerRecord record;
  if (!record.ParseFromString(delivery.bytes))
    return give_up(delivery, "its record cannot be read");
  auto steps = steps_for(record);
  if (!steps) return give_up(delivery, steps.error().what);
  run_steps(strand_, world_.counters, *std::move(steps),
            [this, delivery, record](const std::string& poison) {
              poison.empty() ? acknowledge(delivery.sequence) : put_off(delivery, record, poison);
            });
}

void FiredTimers::acknowledge(std::uint64_t sequence) { handling_.extract(sequence).mapped()(); }

void FiredTimers::give_up(const Delivery& delivery, const std::string& cause) {
  spdlog::error("The timer {} is given up: {}.", delivery.subject.str(), cause);
  acknowledge(delivery.sequence);
}

void FiredTimers::put_off(const Delivery& delivery, const v1::TimerRecord& record,
                          const std::string& cause) {
  const auto instance = instance_of(record);
  const auto name = Token::parse(record.name());
  if (!instance || !name) return give_up(delivery, cause);
  spdlog::error("The timer {} has no effect and comes again in {} s: {}.", delivery.subject.str(),
                std::chrono::seconds(put_off_for).count(), cause);
  Step arm = [this, instance = *instance, name = *name, delivery](const StepDone& done) {
    world_.timers.arm(instance, name, world_.clock.now() + put_off_for, delivery.bytes,
                      [done](const Result<void>& armed) { done(step_result(armed)); });
  };
  run_steps(strand_, world_.counters, {std::move(arm)},
            [this, delivery](const std::string&) { acknowledge(delivery.sequence); });
}

Result<std::vector<Step>> FiredTimers::steps_for(const v1::TimerRecord& record) const {
  std::vector<Step> steps;
  if (record.has_effect()) {
    steps.push_back(
        [this, record](StepDone done) { world_.effects.begin(record, std::move(done)); });
    return steps;
  }
  const auto instance = instance_of(record);
  const auto* aggregate = context_.aggregate(record.aggregate());
  if (!instance || !aggregate) return permanent("it is for no instance of " + context_.name);
  std::map<std::string, const Message*, std::less<>> types;
  for (const auto& [name, type] : aggregate->commands) types.emplace(type->GetTypeName(), type);
  SharedMessage body = unpack(record.command(), types);
  if (!body) return permanent(std::string(type_of(record.command())) + " cannot be read");
  const Cause cause{.consumer = "timer",
                    .source_subject = Subject::events(*instance).str(),
                    .version = version_in(record.armed_by()),
                    .time = to_time(record.due()),
                    .correlation_id = record.correlation_id(),
                    .traceparent = record.traceparent()};
  auto commands = commands_for(cause, instance->context, record.aggregate(), record.name(),
                               {{record.id(), std::move(body)}});
  if (!commands) return tl::make_unexpected(commands.error());
  for (auto& command : *commands)
    steps.push_back(
        command_step(world_.bus, std::move(command), world_.options.asked_deadline, judge_fired));
  return steps;
}

}  // namespace troupe::engine

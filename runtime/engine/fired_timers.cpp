#include "runtime/engine/fired_timers.hpp"

#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/domain/timestamp.hpp"
#include "runtime/engine/fold.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::engine {

namespace {

/// A timer's command tolerates being late or repeated, so a refusal by the domain ends the matter.
/// Anything else is tried again: no timer is lost to a crash that a newer program mends.
StepResult judge_fired(const Command& command, const Outcome& outcome) {
  if (std::holds_alternative<Accepted>(outcome)) return {};
  const auto* rejected = std::get_if<Rejected>(&outcome);
  if (rejected && rejected->code == 422) return {};
  if (rejected && !worth_repeating(outcome))
    spdlog::error("A timer has no effect: {}.", sentence(command, outcome));
  return {StepResult::Kind::again, sentence(command, outcome)};
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
  const auto finished = [this, sequence, subject = delivery.subject](const std::string& poison) {
    if (!poison.empty()) spdlog::error("The timer {} is given up: {}.", subject.str(), poison);
    handling_.extract(sequence).mapped()();
  };
  v1::TimerRecord record;
  if (!record.ParseFromString(delivery.bytes)) return finished("its record cannot be read");
  auto steps = steps_for(record);
  if (!steps) return finished(steps.error().what);
  run_steps(strand_, world_.counters, *std::move(steps), finished);
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
                    .traceparent = {}};
  auto commands = commands_for(cause, instance->context, record.aggregate(), record.name(),
                               {{record.id(), std::move(body)}});
  if (!commands) return tl::make_unexpected(commands.error());
  for (auto& command : *commands)
    steps.push_back(
        command_step(world_.bus, std::move(command), world_.options.asked_deadline, judge_fired));
  return steps;
}

}  // namespace troupe::engine

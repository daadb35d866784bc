#include "runtime/engine/reactions/event_plan.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <troupe/timestamp.hpp>
#include "runtime/base/thrown.hpp"
#include "runtime/engine/history/fold.hpp"
#include "runtime/ports/declared_name.hpp"

namespace troupe::engine {

namespace {

std::uint64_t version_of(const v1::Commit& commit, int index) {
  return commit.first_version() + static_cast<std::uint64_t>(index);
}

EventFacts facts_of(const v1::Commit& commit, int index) {
  return {.id = commit.id(),
          .version = version_of(commit, index),
          .time = to_time(commit.committed_at())};
}

/// What all timers of an event's instance say about their origin.
v1::TimerRecord record_for(const ReadCommit& read, int index, std::string name) {
  const auto& [instance, commit] = read;
  v1::TimerRecord record;
  record.set_context(commit.context());
  record.set_aggregate(commit.aggregate());
  record.set_id(commit.id());
  record.set_name(std::move(name));
  record.set_armed_by(event_name(Subject::events(instance).str(), version_of(commit, index)));
  record.set_correlation_id(commit.correlation_id());
  record.set_traceparent(commit.traceparent());
  return record;
}

Judge judge_for(const ReactionModel& reaction) {
  return [&reaction](const Command& command, const Outcome& outcome) -> StepResult {
    if (std::holds_alternative<Accepted>(outcome)) return {};
    if (worth_repeating(outcome)) return {StepResult::Kind::again, sentence(command, outcome)};
    const auto& rejected = std::get<Rejected>(outcome);
    const bool expected = rejected.code == RejectionCode::refused
                          && std::ranges::find(reaction.expected, rejected.reason, &Rejection::code)
                                 != reaction.expected.end();
    if (expected) return {};
    return {StepResult::Kind::poison, reaction.name + ": " + sentence(command, outcome)};
  };
}

tl::unexpected<Failure> unreadable(const google::protobuf::Any& event) {
  return permanent("its " + shown(type_of(event)) + " cannot be read");
}

}  // namespace

EventPlan::EventPlan(Dependencies deps, const ContextModel& context, const Token& source,
                     std::string consumer)
    : deps_(deps),
      model_(context),
      context_(declared_name(context.name)),
      own_(context.name == source.str()),
      consumer_(std::move(consumer)) {}

Result<std::vector<Step>> EventPlan::steps(const ReadCommit& read, int index) const {
  std::vector<Step> steps;
  try {
    const auto watch = deps_.watchdog.watch(read.commit.id(), consumer_);
    if (const auto added = add_reactions(read, index, steps); !added)
      return tl::make_unexpected(added.error());
    if (!own_) return steps;
    if (const auto added = add_timers(read, index, steps); !added)
      return tl::make_unexpected(added.error());
    if (const auto added = add_effects(read, index, steps); !added)
      return tl::make_unexpected(added.error());
  } catch (...) {
    return permanent("a handler threw: " + what_was_thrown());
  }
  return steps;
}

Result<void> EventPlan::add_reactions(const ReadCommit& read, int index,
                                      std::vector<Step>& to) const {
  const auto& [instance, commit] = read;
  const auto& any = commit.events(index);
  const Cause cause{.consumer = consumer_,
                    .source_subject = Subject::events(instance).str(),
                    .version = version_of(commit, index),
                    .time = to_time(commit.committed_at()),
                    .correlation_id = commit.correlation_id(),
                    .traceparent = commit.traceparent()};
  for (const auto& reaction : model_.reactions) {
    if (!reaction.events.contains(type_of(any))) continue;
    const auto event = unpack(any, reaction.events);
    if (!event) return unreadable(any);
    auto commands = commands_for(cause, context_, reaction.aggregate, reaction.name,
                                 reaction.on(facts_of(commit, index), *event));
    if (!commands) return tl::make_unexpected(commands.error());
    for (auto& command : *commands)
      to.push_back(command_step(deps_.bus, std::move(command), deps_.options.asked_deadline,
                                judge_for(reaction)));
  }
  return {};
}

Result<void> EventPlan::add_timers(const ReadCommit& read, int index, std::vector<Step>& to) const {
  const auto& commit = read.commit;
  const auto& any = commit.events(index);
  for (const auto& timer : model_.timers) {
    if (timer.aggregate != commit.aggregate() || !timer.events.contains(type_of(any))) continue;
    const auto event = unpack(any, timer.events);
    if (!event) return unreadable(any);
    const auto change = timer.on(facts_of(commit, index), *event);
    const auto finish = [](StepDone done) {
      return [done = std::move(done)](const Result<void>& result) { done(step_result(result)); };
    };
    if (change.disarms)
      to.push_back([this, source = read.instance, &timer, finish](StepDone done) {
        deps_.timers.disarm(source, declared_name(stored_name(timer)), finish(std::move(done)));
      });
    if (!change.due) continue;
    auto record = record_for(read, index, stored_name(timer));
    *record.mutable_due() = to_timestamp(*change.due);
    record.mutable_command()->PackFrom(*change.command);
    to.push_back([this, source = read.instance, &timer, due = *change.due,
                  bytes = record.SerializeAsString(), finish](StepDone done) {
      deps_.timers.arm(source, declared_name(stored_name(timer)), due, bytes,
                       finish(std::move(done)));
    });
  }
  return {};
}

Result<void> EventPlan::add_effects(const ReadCommit& read, int index,
                                    std::vector<Step>& to) const {
  const auto& commit = read.commit;
  const auto& any = commit.events(index);
  for (const auto& effect : model_.effects) {
    if (effect.aggregate != commit.aggregate() || effect.event->GetTypeName() != type_of(any))
      continue;
    if (!unpack(any, {{effect.event->GetTypeName(), effect.event}})) return unreadable(any);
    auto record =
        record_for(read, index, effect_timer_name(stored_name(effect), version_of(commit, index)));
    auto& attempt = *record.mutable_effect();
    attempt.set_effect(stored_name(effect));
    *attempt.mutable_event() = any;
    attempt.set_version(version_of(commit, index));
    *attempt.mutable_time() = commit.committed_at();
    attempt.set_number(1);
    to.push_back([this, record](StepDone done) { deps_.effects.begin(record, std::move(done)); });
  }
  return {};
}

}  // namespace troupe::engine

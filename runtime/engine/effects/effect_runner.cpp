#include "runtime/engine/effects/effect_runner.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/assert.hpp"
#include "runtime/base/thrown.hpp"
#include "runtime/base/traceparent.hpp"
#include "runtime/engine/history/fold.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

namespace {

std::string key_of(const v1::TimerRecord& record) {
  return record.armed_by() + '/' + record.effect().effect();
}

EventFacts facts_of(const v1::TimerRecord& record) {
  return {.id = record.id(),
          .version = record.effect().version(),
          .time = to_time(record.effect().time())};
}

/// A result can be told to an aggregate that has no use for it any more: then it is told.
StepResult judge_told(const Command& command, const Outcome& outcome) {
  if (std::holds_alternative<Accepted>(outcome)) return {};
  if (worth_repeating(outcome)) return {StepResult::Kind::again, sentence(command, outcome)};
  if (std::get<Rejected>(outcome).code != RejectionCode::refused)
    return {StepResult::Kind::poison, sentence(command, outcome)};
  spdlog::warn("The result of an effect was not wanted: {}.", sentence(command, outcome));
  return {};
}

/// A node that made the same attempt has told of it in other words, and did not live to go on.
bool was_told_otherwise(const Outcome& outcome) {
  const auto* rejected = std::get_if<Rejected>(&outcome);
  return rejected != nullptr && rejected->code == RejectionCode::conflict;
}

}  // namespace

EffectRunner::EffectRunner(Dependencies deps, const ContextModel& context,
                           std::shared_ptr<Strand> strand)
    : deps_(deps), context_(context), strand_(std::move(strand)) {}

const EffectModel* EffectRunner::find(std::string_view effect) const {
  const auto found = std::ranges::find_if(context_.effects, [&](const EffectModel& one) {
    return one.name == effect || stored_name(one) == effect;
  });
  return found == context_.effects.end() ? nullptr : &*found;
}

void EffectRunner::begin(v1::TimerRecord record, StepDone taken) {
  strand_->post(
      [this, record = std::move(record), taken = std::move(taken)] { take_over(record, taken); });
}

void EffectRunner::forget_finished() {
  strand_->post([this] { finished_ = RecentKeys(finished_max); });
}

/// Null when it cannot be read. REQUIRES: there is such an effect.
MessagePtr EffectRunner::event_of(const v1::TimerRecord& record) const {
  const auto* event = find(record.effect().effect())->event;
  return unpack(record.effect().event(), {{event->GetTypeName(), event}});
}

void EffectRunner::take_over(const v1::TimerRecord& record, const StepDone& taken) {
  const auto* model = find(record.effect().effect());
  if (!model)
    return taken({StepResult::Kind::poison,
                  context_.name + " has no effect " + shown(record.effect().effect())
                      + "; one that was renamed says so by its `formerly`"});
  if (!event_of(record))
    return taken({StepResult::Kind::poison,
                  "the event of its effect " + record.effect().effect() + " cannot be read"});
  const auto key = key_of(record);
  if (finished_.contains(key)) return taken({});
  arm(record, deps_.clock.now() + model->retry.timeout + deps_.options.effect_patience,
      [this, strand = strand_, key, record, taken](const Result<void>& armed) {
        taken(step_result(armed));
        if (armed) strand->post([this, key, record] { line_up(key, record); });
      });
}

void EffectRunner::line_up(const std::string& key, const v1::TimerRecord& record) {
  if (open_.contains(key) || finished_.contains(key)) return;
  const auto* model = find(record.effect().effect());
  auto& line = lines_[model->name];
  if (line.waiting.size() >= waiting_max) return;
  open_.emplace(key, Open{model, record, event_of(record), deps_.clock.now()});
  ++deps_.counters.effects_in_hand;
  if (line.calling >= calls_max) return line.waiting.push_back(key);
  ++line.calling;
  call(key);
}

void EffectRunner::call(const std::string& key) {
  const auto& open = open_.at(key);
  const auto& attempt = open.record.effect();
  if (deps_.clock.now() - open.taken > deps_.options.effect_patience) {
    // Its timer comes before the call could end, perhaps to another node.
    next_in(lines_[open.model->name]);
    return forget(key);
  }
  if (attempt.number() > 1
      && detail::is_over(open.model->retry, to_time(attempt.time()), deps_.clock.now()))
    return called(key, retryable("its time was over before it could be made"));
  EffectCall call{.effect = open.model->name,
                  .key = {},
                  .request = nullptr,
                  .answer = open.model->answer,
                  .timeout = open.model->retry.timeout,
                  .traceparent = legal_traceparent(open.record.traceparent())};
  try {
    const auto watch = deps_.watchdog.watch(key, "request");
    call.request = open.model->request(facts_of(open.record), *open.event);
  } catch (...) {
    return called(key, permanent("its request threw: " + what_was_thrown()));
  }
  const auto instance = instance_of(open.record);
  call.key = effect_key(Subject::events(*instance).str(), attempt.version(), attempt.effect());
  deps_.effects.call(std::move(call), [this, strand = strand_, key](Result<MessagePtr> answer) {
    auto kept = std::make_shared<Result<MessagePtr>>(std::move(answer));
    strand->post([this, key, kept] { called(key, *kept); });
  });
}

void EffectRunner::called(const std::string& key, const Result<MessagePtr>& answer) {
  next_in(lines_[open_.at(key).model->name]);
  if (answer)
    answered(key, **answer);
  else if (answer.error().not_made)
    put_off(key, answer.error().what);
  else
    failed(key, answer.error());
}

void EffectRunner::next_in(Line& line) {
  if (line.waiting.empty()) {
    --line.calling;
    return;
  }
  strand_->post([this, next = std::move(line.waiting.front())] { call(next); });
  line.waiting.pop_front();
}

/// The same attempt once more: nobody was asked.
void EffectRunner::put_off(const std::string& key, const std::string& why) {
  const auto& open = open_.at(key);
  const auto number = open.record.effect().number();
  spdlog::debug("Attempt {} of {} was not made: {}.", number, key, why);
  arm(open.record, deps_.clock.now() + detail::pause_after(open.model->retry, number, key),
      [this, strand = strand_, key](const Result<void>&) {
        strand->post([this, key] { forget(key); });
      });
}

void EffectRunner::answered(const std::string& key, const Message& answer) {
  const auto& open = open_.at(key);
  tell(
      key, open.record.effect().effect(),
      [&] { return open.model->answered(facts_of(open.record), *open.event, answer); }, judge_told,
      [this, key] { close(key); });
}

void EffectRunner::failed(const std::string& key, const Failure& failure) {
  const auto& open = open_.at(key);
  const auto& retry = open.model->retry;
  const auto number = open.record.effect().number();
  const auto now = deps_.clock.now();
  auto next = detail::next_attempt(retry, number, to_time(open.record.effect().time()), now, key);
  if (!failure.retryable && !retry.for_ever()) next.reset();
  spdlog::debug("Attempt {} of {} failed: {}.", number, key, failure.what);
  const FailedAttempt attempt{.number = number, .last = !next, .cause = failure.what};
  const auto told_before = std::make_shared<std::atomic<bool>>(false);
  tell(
      key, open.record.effect().effect() + '#' + std::to_string(number),
      [&] { return open.model->failed(facts_of(open.record), *open.event, attempt); },
      [told_before](const Command& command, const Outcome& outcome) {
        if (!was_told_otherwise(outcome)) return judge_told(command, outcome);
        *told_before = true;
        return StepResult{};
      },
      [this, key, next, told_before, number, &retry, now] {
        if (next) return try_again(key, *next);
        // What was told before may not have been the last one; of this number it was.
        const bool others_follow = *told_before && (retry.attempts == 0 || number < retry.attempts);
        others_follow ? try_again(key, now + detail::pause_after(retry, number, key)) : close(key);
      });
}

/// Sends the commands that a result asks for. Where that is hopeless, the timer brings the effect
/// back, perhaps to a program that knows better.
void EffectRunner::tell(const std::string& key, std::string_view reaction,
                        const std::function<std::vector<AskedCommand>()>& asks, const Judge& judge,
                        std::function<void()> told) {
  const auto& open = open_.at(key);
  const auto instance = instance_of(open.record);
  const Cause cause{.consumer = "effect",
                    .source_subject = Subject::events(*instance).str(),
                    .version = open.record.effect().version(),
                    .time = to_time(open.record.effect().time()),
                    .correlation_id = open.record.correlation_id(),
                    .traceparent = open.record.traceparent()};
  Result<std::vector<Command>> commands;
  try {
    const auto watch = deps_.watchdog.watch(key, reaction);
    commands = commands_for(cause, instance->context, open.model->aggregate, reaction, asks());
  } catch (...) {
    commands = permanent(std::string(reaction) + " threw: " + what_was_thrown());
  }
  if (!commands) {
    spdlog::error("The result of {} cannot be told and is tried again: {}.", key,
                  commands.error().what);
    return forget(key);
  }
  std::vector<Step> steps;
  for (auto& command : *commands)
    steps.push_back(
        command_step(deps_.bus, std::move(command), deps_.options.asked_deadline, judge));
  run_steps(strand_, deps_.steps, std::move(steps),
            [this, key, told = std::move(told)](const std::string& poison) {
              if (poison.empty()) return told();
              spdlog::error("The result of {} cannot be told and is tried again: {}.", key, poison);
              forget(key);
            });
}

void EffectRunner::close(const std::string& key) {
  const auto& open = open_.at(key);
  finished_.add(key);
  const auto timer = Token::parse(open.record.name());
  deps_.timers.disarm(*instance_of(open.record), *timer,
                      [this, strand = strand_, key](const Result<void>& disarmed) {
                        if (!disarmed)
                          spdlog::warn("The timer of {} stays ({}); the effect may be repeated.",
                                       key, disarmed.error().what);
                        strand->post([this, key] { forget(key); });
                      });
}

void EffectRunner::try_again(const std::string& key, Time when) {
  auto& record = open_.at(key).record;
  record.mutable_effect()->set_number(record.effect().number() + 1);
  arm(record, when, [this, strand = strand_, key](const Result<void>&) {
    // Where this failed, the timer armed at the start of the attempt is still there.
    strand->post([this, key] { forget(key); });
  });
}

void EffectRunner::forget(const std::string& key) {
  open_.erase(key);
  --deps_.counters.effects_in_hand;
}

void EffectRunner::arm(const v1::TimerRecord& record, Time due, Timers::Done done) {
  auto armed = record;
  *armed.mutable_due() = to_timestamp(due);
  const auto instance = instance_of(record);
  const auto timer = Token::parse(record.name());
  if (!instance || !timer) return done(permanent("the timer's record has illegal names"));
  deps_.timers.arm(*instance, *timer, due, armed.SerializeAsString(), std::move(done));
}

std::string effect_timer_name(std::string_view effect, std::uint64_t version) {
  return std::string(effect) + '-' + std::to_string(version);
}

std::optional<Instance> instance_of(const v1::TimerRecord& record) {
  auto context = Token::parse(record.context());
  auto aggregate = Token::parse(record.aggregate());
  auto id = Token::parse(record.id());
  if (!context || !aggregate || !id) return std::nullopt;
  return Instance{std::move(*context), std::move(*aggregate), std::move(*id)};
}

}  // namespace troupe::engine

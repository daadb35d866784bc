#include "runtime/ports/conditions.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include "runtime/base/printable.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace troupe {

namespace {

spdlog::level::level_enum level_of(Urgency urgency) {
  switch (urgency) {
    case Urgency::none:
      return spdlog::level::info;
    case Urgency::watch:
      return spdlog::level::warn;
    case Urgency::act:
      break;
  }
  return spdlog::level::critical;
}

/// Sentences come from everywhere, some with a full stop.
const char* full_stop(std::string_view sentence) { return sentence.ends_with('.') ? "" : "."; }

}  // namespace

void Conditions::set(const ConditionKind& kind, std::string_view context, std::string_view part,
                     std::string sentence, std::optional<Time> since) {
  put(kind, context, part, std::move(sentence), Steady::max(), since);
}

void Conditions::set_for(std::chrono::milliseconds lasts, const ConditionKind& kind,
                         std::string_view context, std::string_view part, std::string sentence) {
  put(kind, context, part, std::move(sentence), clock_.steady() + lasts, {});
}

void Conditions::put(const ConditionKind& kind, std::string_view context, std::string_view part,
                     std::string sentence, Steady until, std::optional<Time> since) {
  sentence = printable(sentence);  // it may quote what came from outside
  {
    const std::lock_guard lock(mutex_);
    const Key key{kind.code, context, part};
    const auto found = held_.find(key);
    const bool is_new = found == held_.end();
    if (is_new && !make_room(kind.severity)) return;
    auto& held = is_new ? held_[key] : found->second;
    held.until = until;
    auto& condition = held.condition;
    if (is_new || since) condition.since = since.value_or(clock_.now());
    condition.severity = kind.severity;
    condition.sentence = sentence;
    if (!is_new) return;
    condition.code = kind.code;
    condition.context = context;
    condition.part = part;
  }
  spdlog::log(level_of(kind.urgency), "{}{} ({})", sentence, full_stop(sentence), kind.code);
}

/// Not for a remark while there is no room; an unready condition takes the place of one.
bool Conditions::make_room(Severity severity) {
  if (held_.size() < kept_max) return true;
  some_left_out_ = true;
  if (severity == Severity::remark) return false;
  const auto remark = std::ranges::find_if(
      held_, [](const auto& one) { return one.second.condition.severity == Severity::remark; });
  if (remark == held_.end()) return false;
  held_.erase(remark);
  return true;
}

void Conditions::clear(const ConditionKind& kind, std::string_view context, std::string_view part) {
  std::optional<Condition> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = held_.find(Key{kind.code, context, part});
    if (found == held_.end()) return;
    ended = std::move(found->second.condition);
    held_.erase(found);
    some_left_out_ = some_left_out_ && held_.size() > kept_max / 2;
    if (muted_) return;
  }
  log_end(*ended);
}

void Conditions::clear_all(std::string_view context, std::span<const ConditionKind> kinds) {
  end_those([&](const Held& held) {
    return held.condition.context == context
           && std::ranges::count(kinds, held.condition.code, &ConditionKind::code) > 0;
  });
}

void Conditions::expire() {
  end_those([now = clock_.steady()](const Held& held) { return held.until <= now; });
}

template <class Meant>
void Conditions::end_those(const Meant& meant) {
  std::vector<Condition> ended;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](auto& one) {
      if (!meant(one.second)) return false;
      ended.push_back(std::move(one.second.condition));
      return true;
    });
    if (muted_) return;
  }
  for (const auto& condition : ended) log_end(condition);
}

void Conditions::log_end(const Condition& condition) const {
  const auto lasted =
      std::chrono::duration<double>(std::max(clock_.now() - condition.since, Time::duration{}));
  spdlog::info("Over after {:.1f} s: {}{} ({})", lasted.count(), condition.sentence,
               full_stop(condition.sentence), condition.code);
}

std::string Conditions::sentence(const ConditionKind& kind, std::string_view context,
                                 std::string_view part) const {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(Key{kind.code, context, part});
  if (found == held_.end() || found->second.until <= clock_.steady()) return {};
  return found->second.condition.sentence;
}

std::vector<Condition> Conditions::all() const {
  std::vector<Condition> all;
  {
    const auto now = clock_.steady();
    const std::lock_guard lock(mutex_);
    for (const auto& [key, held] : held_)
      if (held.until > now) all.push_back(held.condition);
    if (some_left_out_)
      all.push_back(
          {.code = std::string(condition::conditions_left_out.code),
           .severity = condition::conditions_left_out.severity,
           .context = {},
           .part = {},
           .sentence = fmt::format(
               "there are more than {} conditions at a time, and some are not listed", kept_max),
           .since = clock_.now()});
  }
  std::ranges::stable_sort(all, {}, [](const Condition& one) {
    return std::pair{one.severity != Severity::unready, one.since};
  });
  return all;
}

void Conditions::mute() {
  const std::lock_guard lock(mutex_);
  muted_ = true;
}

OwnCondition::OwnCondition(Conditions& all, const ConditionKind& kind, std::string context,
                           std::string part)
    : all_(all), kind_(kind), context_(std::move(context)), part_(std::move(part)) {}

bool any_unready(const std::vector<Condition>& conditions) {
  return std::ranges::any_of(
      conditions, [](const Condition& one) { return one.severity == Severity::unready; });
}

}  // namespace troupe

#include "runtime/engine/health/backlog_watch.hpp"

#include <utility>

#include <spdlog/fmt/chrono.h>
#include <spdlog/spdlog.h>

#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/declared_name.hpp"

namespace troupe::engine {

namespace {

constexpr const char* timers_consumer = "timers";

std::string since(const std::optional<Time>& time) {
  if (!time) return "for a while";
  return fmt::format("since {:%Y-%m-%d %H:%M:%S} UTC",
                     std::chrono::floor<std::chrono::seconds>(*time));
}

/// Why nothing is done, as far as the servers know.
std::string cause(const ConsumerBacklog& found) {
  if (!found.paused_until.empty())
    return fmt::format("the consumer is paused until {}: `nats consumer resume` lets it go on",
                       found.paused_until);
  if (!found.attended) return "no node asks for them";
  if (found.delivered >= found.delivered_max)
    return fmt::format("all {} that may be under way at a time (max_ack_pending) are",
                       found.delivered_max);
  if (found.delivered == 0) return "the server delivers none";
  return "the first of them is not dealt with";
}

}  // namespace

BacklogWatch::BacklogWatch(Dependencies deps, const ContextModel& model,
                           std::vector<Reaction> reactions)
    : deps_(std::move(deps)),
      context_(declared_name(model.name)),
      reactions_(std::move(reactions)),
      timers_(!model.timers.empty() || !model.effects.empty()) {
  for (const auto& effect : model.effects)
    effects_.push_back(
        {declared_name(effect.aggregate), declared_name(stored_name(effect)), effect.name});
}

void BacklogWatch::start() {
  strand_.post([this] { look_and_go_on(); });
}

void BacklogWatch::stop() {
  stopping_ = true;
  strand_.stop();
}

BacklogStats BacklogWatch::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void BacklogWatch::look_and_go_on() {
  if (deps_.is_keeper())
    look();
  else if (std::exchange(looked_, false))
    forget();
  strand_.post_after(deps_.look_every, [this] { look_and_go_on(); });
}

/// Where one question gets no answer, the others would have to wait for theirs, too.
void BacklogWatch::look() {
  looked_ = true;
  if (look_at_consumers() && look_at_effects()) look_at_streams();
}

/// Another node looks, and says what there is to say.
void BacklogWatch::forget() {
  seen_.clear();
  deps_.conditions.clear_all(context_.str(), condition::of_the_backlog);
  const std::lock_guard lock(mutex_);
  stats_ = {};
}

/// Before it is judged, so that a gauge shows whatever a sentence speaks of.
void BacklogWatch::show(const std::function<void(BacklogStats&)>& found) {
  const std::lock_guard lock(mutex_);
  found(stats_);
}

/// Takes it back where there is no sentence.
void BacklogWatch::say(const ConditionKind& kind, const std::string& part, std::string sentence,
                       std::optional<Time> since) {
  if (sentence.empty()) return deps_.conditions.clear(kind, context_.str(), part);
  deps_.conditions.set(kind, context_.str(), part, std::move(sentence), since);
}

// ---- consumers ----------------------------------------------------------------------------------

bool BacklogWatch::look_at_consumers() {
  for (const auto& [source, consumer] : reactions_)
    if (!look_at_consumer(consumer.str(), fmt::format("events of {}", source.str()),
                          deps_.backlogs.reactions(source, consumer)))
      return false;
  return !timers_
         || look_at_consumer(timers_consumer,
                             fmt::format("timers of {} that are due", context_.str()),
                             deps_.backlogs.timers(context_));
}

bool BacklogWatch::look_at_consumer(const std::string& name, const std::string& what,
                                    const Result<std::optional<ConsumerBacklog>>& found) {
  if (!found) spdlog::debug("{} cannot be looked at: {}", name, found.error().what);
  if (!found || stopping_) return false;
  if (!*found) {  // its subscription says why
    seen_.erase(name);
    show([&](BacklogStats& stats) { stats.consumers.erase(name); });
    say(condition::consumer_stuck, name, {});
    return true;
  }
  show([&](BacklogStats& stats) { stats.consumers[name] = (*found)->pending; });
  judge(name, what, **found);
  return true;
}

void BacklogWatch::judge(const std::string& name, const std::string& what,
                         const ConsumerBacklog& found) {
  const auto now = deps_.clock.steady();
  const auto [seen, is_new] = seen_.try_emplace(name, Seen{found.done_up_to, now});
  const bool moved = is_new || seen->second.done_up_to != found.done_up_to;
  if (moved || found.pending.count == 0) seen->second = {found.done_up_to, now};
  const auto waited = found.pending.oldest
                          ? deps_.clock.now() - *found.pending.oldest
                          : std::chrono::duration_cast<Time::duration>(now - seen->second.since);
  const bool paused = !found.paused_until.empty();  // then nothing will move, however new it is
  if (found.pending.count == 0 || (!paused && (moved || waited < patience)))
    return say(condition::consumer_stuck, name, {});
  say(condition::consumer_stuck, name,
      fmt::format("{} {} wait for consumer {} {}, and none is done with: {}", found.pending.count,
                  what, name, since(found.pending.oldest), cause(found)),
      found.pending.oldest);
}

// ---- effects and streams ------------------------------------------------------------------------

bool BacklogWatch::look_at_effects() {
  for (const auto& [aggregate, stored, effect] : effects_) {
    const auto found = deps_.backlogs.open_effects(context_, aggregate, stored);
    if (!found) spdlog::debug("{} cannot be looked at: {}", effect, found.error().what);
    if (!found || stopping_) return false;
    show([&](BacklogStats& stats) { stats.effects[effect] = *found; });
    const bool late = found->oldest && deps_.clock.now() - *found->oldest >= patience;
    say(condition::effects_stuck, effect,
        late
            ? fmt::format("{} calls of {} have no outcome, the oldest {}: look at who answers them",
                          found->count, effect, since(found->oldest))
            : std::string(),
        found->oldest);
  }
  return true;
}

void BacklogWatch::look_at_streams() {
  for (const auto kind : {StreamKind::events, StreamKind::timers, StreamKind::parked}) {
    const auto name = stream_name(kind, context_);
    const auto found = deps_.backlogs.stream(kind, context_);
    if (!found) spdlog::debug("{} cannot be looked at: {}", name, found.error().what);
    if (!found || stopping_) return;
    say(condition::stream_full, name,
        found->refuses.empty() ? std::string()
                               : fmt::format("Stream {} takes nothing more, or soon will not: {}",
                                             name, found->refuses));
    if (kind != StreamKind::parked) continue;
    show([&](BacklogStats& stats) { stats.parked = found->messages; });
    judge_parked(found->messages);
  }
}

void BacklogWatch::judge_parked(const Pending& parked) {
  if (parked.count == 0) return say(condition::events_parked, {}, {});
  const auto stream = stream_name(StreamKind::parked, context_);
  say(condition::events_parked, {},
      fmt::format("{} events that {} could not handle are parked {}: `nats stream view {}` shows "
                  "them with their causes",
                  parked.count, context_.str(), since(parked.oldest), stream),
      parked.oldest);
}

}  // namespace troupe::engine

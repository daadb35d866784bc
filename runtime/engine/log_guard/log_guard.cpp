#include "runtime/engine/log_guard/log_guard.hpp"

#include <future>
#include <memory>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::engine {

namespace {

using Verdict = StreamWatch::Verdict;

/// What follows an acceptance is looked at once more; two streams may be accepted one by one.
constexpr int looks_in_a_row_max = 3;

}  // namespace

LogGuard::LogGuard(StreamWatch::Dependencies deps, const Token& context, Counters& counters,
                   Conditions& conditions, Actions actions)
    : context_(context),
      inspector_(deps.inspector),
      clock_(deps.clock),
      counters_(counters),
      actions_(std::move(actions)),
      stream_(stream_name(StreamKind::events, context)),
      events_(deps, context, stream_),
      control_(deps, context, control_stream),
      timers_(deps, context, stream_name(StreamKind::timers, context), StreamWatch::Kind::queue),
      parked_(deps, context, stream_name(StreamKind::parked, context), StreamWatch::Kind::queue),
      sentence_("The log of " + context.str() + " was not looked at yet"),
      seen_at_(clock_.steady()),
      unchecked_(conditions, condition::log_unchecked, context.str()),
      clocks_differ_(conditions, condition::clocks_differ, context.str()),
      weaker_(conditions, condition::log_settings_weaker, context.str()),
      went_back_(conditions, condition::log_went_back, context.str()),
      timers_lost_(conditions, condition::timers_lost, context.str()),
      parked_lost_(conditions, condition::parked_lost, context.str()) {}

LogGuard::~LogGuard() { stop(); }

void LogGuard::look_at_clocks() {
  const auto seen = events_.look_at_clocks();
  if (seen.verdict == Verdict::clocks_differ) refuse_to_serve(seen.why);
}

void LogGuard::start() {
  watching_ = inspector_.watch([this](bool connected) { connection_changed(connected); });
  const auto looked = std::make_shared<std::promise<void>>();
  strand_.post([this, looked] {
    look_and_go_on();
    looked->set_value();
  });
  looked->get_future().wait();
}

void LogGuard::stop() {
  watching_.reset();
  strand_.stop();
}

std::string LogGuard::why_not() const {
  const std::lock_guard lock(mutex_);
  return sentence_;
}

bool LogGuard::fit() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::clocks_differ || state_ == State::went_back) return false;
  const auto unseen = clock_.steady() - seen_at_;
  if (unseen < unseen_max) return true;
  if (state_ == State::sound)  // for all that is known; whatever rests on it is checked
    unchecked_.set("The log of " + context_.str() + " was not seen for "
                   + std::to_string(std::chrono::floor<std::chrono::seconds>(unseen).count()) + " s"
                   + (unsure_.empty() ? "" : ": " + unsure_));
  return false;
}

/// What answers after a loss may be another server, or the same one with less in it.
void LogGuard::connection_changed(bool connected) {
  {
    const std::lock_guard lock(mutex_);
    ++doubts_;
    if (state_ == State::sound)
      become(State::unknown, "The connection to the log of " + context_.str()
                                 + " was lost, and it was not looked at since");
  }
  if (connected) strand_.post([this] { look_and_go_on(); });
}

void LogGuard::look_and_go_on() {
  look();
  strand_.post_after(seen() ? look_every : look_again, [this, round = ++round_] {
    if (round == round_) look_and_go_on();
  });
}

void LogGuard::look() {
  for (int i = 0; i < looks_in_a_row_max; ++i) {
    std::uint64_t doubts = 0;
    {
      const std::lock_guard lock(mutex_);
      doubts = doubts_;
    }
    const auto [verdict, why, loss] = look_at_streams();
    switch (verdict) {
      case Verdict::accepted:
        accepted();
        continue;
      case Verdict::fine:
        if (!passed(doubts, inspector_.reachable(stream_))) continue;
        if (!std::exchange(running_, true)) actions_.run();
        return;
      case Verdict::unsure:
        not_seen(why);
        if (serves()) return;
        [[fallthrough]];
      case Verdict::suspicious:
        refuse(State::unknown,
               "It is not known whether the log of " + context_.str() + " is sound: " + why);
        return;
      case Verdict::clocks_differ:
        refuse_to_serve(why);
        // Others can take the deliveries only when this node lets go of them.
        if (std::exchange(running_, false)) actions_.halt();
        return;
      case Verdict::weaker:
        refuse(State::weaker, context_.str() + " is not served: " + why);
        return;
      case Verdict::went_back:
        refuse(State::went_back,
               "The log of " + context_.str() + " went back: " + mended_by(why, loss));
        if (std::exchange(running_, false)) actions_.halt();
        return;
    }
  }
}

StreamWatch::Look LogGuard::look_at_streams() {
  const auto reached = counters_.log_reached.load();  // before it is asked what is there
  auto events = events_.look(reached);
  if (events.verdict != Verdict::fine) return events;
  counters_.reach(events_.reached());
  auto control = control_.look(0);
  // What was read from the events stands; whoever was stopped by this goes on.
  if (control.verdict == Verdict::accepted && running_) control = control_.look(0);
  if (control.verdict == Verdict::fine) {
    look_at_queue(timers_, timers_lost_);
    look_at_queue(parked_, parked_lost_);
  }
  return control;
}

/// Commands are right without it, so the context is served all the same.
void LogGuard::look_at_queue(StreamWatch& queue, OwnCondition& condition) {
  const auto [verdict, why, loss] = queue.look(0);
  if (verdict == Verdict::went_back)
    condition.set("Timers or parked events of " + context_.str()
                  + " may be lost: " + mended_by(why, loss));
  else if (verdict == Verdict::weaker)
    condition.set("Timers or parked events of " + context_.str() + " may get lost: " + why);
  else if (verdict == Verdict::fine || verdict == Verdict::accepted)
    condition.clear();
}

std::string LogGuard::mended_by(const std::string& why, Loss loss) const {
  return why + ". " + cure(loss) + " `accept-log --context " + context_.str() + "`";
}

/// False when a connection was lost since: what was seen may be from before.
bool LogGuard::passed(std::uint64_t doubts, const Result<void>& reached) {
  const std::lock_guard lock(mutex_);
  if (doubts != doubts_) return false;
  unsure_ = reached ? std::string() : reached.error().what;
  if (reached) seen_at_ = clock_.steady();
  become(State::sound, {});
  return true;
}

bool LogGuard::seen() const {
  const std::lock_guard lock(mutex_);
  return state_ != State::unknown && unsure_.empty();
}

void LogGuard::not_seen(const std::string& why) {
  const std::lock_guard lock(mutex_);
  unsure_ = why;
}

void LogGuard::accepted() {
  spdlog::warn("Another log of {} was accepted; its instances are read anew.", context_.str());
  if (std::exchange(running_, false)) actions_.halt();
  {
    const std::lock_guard lock(mutex_);
    become(State::unknown,
           "The log of " + context_.str() + " was accepted and is not looked at yet");
  }
  counters_.log_reached = 0;
  actions_.forget();
}

void LogGuard::refuse_to_serve(const std::string& why) {
  refuse(State::clocks_differ, context_.str() + " is not served here: " + why);
}

/// A log that went back stays so until another one is accepted, whatever a look brings, and clocks
/// that differ until a look at them says otherwise.
void LogGuard::refuse(State state, std::string sentence) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::went_back) return;
  if (state_ == State::clocks_differ && state == State::unknown) return;
  become(state, std::move(sentence));
}

/// REQUIRES: under the mutex.
void LogGuard::become(State state, std::string sentence) {
  state_ = state;
  sentence_ = std::move(sentence);
  const auto show = [&](State whose, OwnCondition& condition) {
    state == whose ? condition.set(sentence_) : condition.clear();
  };
  show(State::unknown, unchecked_);
  show(State::clocks_differ, clocks_differ_);
  show(State::weaker, weaker_);
  show(State::went_back, went_back_);
}

}  // namespace troupe::engine

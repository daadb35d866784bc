// How an instance answers, refuses, and leaves memory.
#include <algorithm>
#include <utility>

#include "runtime/engine/instances/instance_actor.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace troupe::engine {

/// Whatever may be on its way is never called failed.
void InstanceActor::expire() {
  const auto now = kind_->clock.steady();
  const bool unread = !fold_ && !pending_;
  const auto expired = [&](Waiting& waiting, bool unread_yet) {
    if (waiting.command.deadline > now) return false;
    if (unread_yet && !waiting.sent && !waiting.crashed)
      answer(waiting, Rejected{RejectionCode::unavailable,
                               "the log could not be read in time; nothing was sent"});
    else
      answer(waiting, Unknown{"the deadline passed before the outcome was known"});
    return true;
  };
  std::erase_if(queue_, [&](Waiting& waiting) { return expired(waiting, unread); });
  std::erase_if(aside_, [&](Waiting& waiting) { return expired(waiting, true); });
  if (!pending_) return;
  for (auto& entry : pending_->entries)
    if (entry.waiting.command.deadline <= now)
      answer(entry.waiting, Unknown{"the deadline passed before the log acknowledged the events"});
}

void InstanceActor::answer(Waiting& waiting, Outcome outcome) {
  if (!waiting.answered) return;
  --presence_->in_flight;
  ++kind_->counters.commands;
  std::exchange(waiting.answered, nullptr)(std::move(outcome));
  kind_->in_flight.leave();
}

/// `queued` goes to those for whom nothing was sent.
void InstanceActor::answer_all(const Outcome& queued) {
  if (pending_)
    for (auto& entry : pending_->entries)
      answer(entry.waiting, Unknown{"what became of the append is not known"});
  pending_.reset();
  presence_->in_doubt = false;
  queue_.splice(queue_.end(), aside_);
  for (auto& waiting : queue_)
    answer(waiting, waiting.sent ? Unknown{"what became of the append is not known"} : queued);
  queue_.clear();
}

/// Until it is looked at again: an answer of one server at one time does not speak for ever.
void InstanceActor::refuse(std::string why, std::string_view reason) {
  if (!refusal_) refusal_ = std::make_unique<Refusal>();
  refusal_->rejected = {RejectionCode::unavailable, std::move(why), std::string(reason)};
  refusal_->look_again_at = kind_->clock.steady() + refusal_->looks.next();
  phase_ = Phase::refusing;
  const auto name =
      subject().str().substr(std::string_view("evt..").size() + kind_->context.size());
  if (!refused_)
    refused_ = std::make_unique<OwnCondition>(kind_->conditions, condition::instance_refused,
                                              kind_->context, name);
  refused_->set("Instance " + name + " of " + kind_->context
                + " is not served: " + text_of(refusal_->rejected));
  fold_.reset();
  answer_all(refusal_->rejected);
}

/// The log is read once more after a while, and at once when an operator has decided something.
bool InstanceActor::refuses() {
  if (phase_ != Phase::refusing) return false;
  const bool early = kind_->clock.steady() < refusal_->look_again_at;
  if (early && skips_known_ == kind_->skips.changes()) return true;
  phase_ = Phase::idle;
  return false;
}

void InstanceActor::keep_snapshot(std::uint64_t commits_min) {
  if (snapshot_commits_ < commits_min || fold_->sequence() == 0) return;
  kind_->snapshots.put(subject(), fold_->snapshot(kind_->fingerprint));
  snapshot_commits_ = 0;
}

void InstanceActor::leave() {
  if (fold_ && phase_ == Phase::idle && !pending_) keep_snapshot(kind_->options.snapshot_min);
  quit();
}

void InstanceActor::on_exit() {
  presence_->take(0);
  fold_.reset();
  pending_.reset();
  queue_.clear();
  aside_.clear();
  refused_.reset();
  gone_.reset();
}

}  // namespace troupe::engine

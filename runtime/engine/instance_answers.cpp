// How an instance answers, refuses, and leaves memory.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/engine/instance_actor.hpp"

namespace troupe::engine {

/// Whatever may be on its way is never called failed.
void InstanceActor::expire() {
  const auto now = kind_->clock.steady();
  const bool unread = !fold_ && !batch_;
  for (auto waiting = queue_.begin(); waiting != queue_.end();) {
    if (waiting->command.deadline > now) {
      ++waiting;
      continue;
    }
    if (unread && !waiting->sent && !waiting->crashed)
      answer(*waiting,
             Rejected{503, "the log could not be read in time; nothing was sent", std::nullopt});
    else
      answer(*waiting, Unknown{"the deadline passed before the outcome was known"});
    waiting = queue_.erase(waiting);
  }
  if (!batch_) return;
  for (auto& entry : batch_->entries)
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
  if (batch_)
    for (auto& entry : batch_->entries)
      answer(entry.waiting, Unknown{"what became of the append is not known"});
  batch_.reset();
  presence_->in_doubt = false;
  for (auto& waiting : queue_)
    answer(waiting, waiting.sent ? Unknown{"what became of the append is not known"} : queued);
  queue_.clear();
}

/// Until it is looked at again: an answer of one server at one time does not speak for ever.
void InstanceActor::refuse(std::string why) {
  if (!refusal_) refusal_ = std::make_unique<Refusal>();
  if (refusal_->why != why) spdlog::critical("{}; {} is not served.", why, subject().str());
  refusal_->why = std::move(why);
  refusal_->look_again_at = kind_->clock.steady() + refusal_->looks.next();
  phase_ = Phase::refusing;
  fold_.reset();
  answer_all(Rejected{503, refusal_->why, std::nullopt});
}

bool InstanceActor::refuses() {
  if (phase_ != Phase::refusing) return false;
  if (kind_->clock.steady() < refusal_->look_again_at) return true;
  phase_ = Phase::idle;
  use_snapshot_ = false;
  return false;
}

void InstanceActor::keep_snapshot(std::uint64_t commits_min) {
  if (snapshot_commits_ < commits_min || fold_->sequence() == 0) return;
  kind_->snapshots.put(subject(), fold_->version(), fold_->snapshot(kind_->fingerprint));
  snapshot_commits_ = 0;
  snapshot_at_ = kind_->clock.steady();
}

void InstanceActor::leave() {
  if (fold_ && phase_ == Phase::idle && !batch_) keep_snapshot(kind_->options.snapshot_min);
  quit();
}

void InstanceActor::on_exit() {
  presence_->take(0);
  fold_.reset();
  batch_.reset();
  queue_.clear();
  gone_.reset();
}

}  // namespace troupe::engine

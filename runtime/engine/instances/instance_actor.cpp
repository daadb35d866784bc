#include "runtime/engine/instances/instance_actor.hpp"
#include "runtime/base/thrown.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/ports/identity.hpp"

namespace troupe::engine {

InstanceActor::InstanceActor(caf::actor_config& config, std::shared_ptr<const InstanceKind> kind,
                             std::shared_ptr<Presence> presence)
    : caf::event_based_actor(config), kind_(std::move(kind)), presence_(std::move(presence)) {}

caf::behavior InstanceActor::make_behavior() {
  return {[this](Input& input) { on(input); }};
}

/// What the domain throws is caught where it is called. Whatever else is thrown is a defect, after
/// which nobody could say what becomes of the commands here: the node aborts.
void InstanceActor::on(Input& input) noexcept {
  std::visit([this](auto& what) { on(what); }, input.what);
}

void InstanceActor::on(Waiting& waiting) {
  if (refuses()) return answer(waiting, refusal_->rejected);
  if (waiting.command.deadline <= kind_->clock.steady())
    return answer(waiting, Unknown{"the deadline passed before the command was started"});
  queue_.push_back(std::move(waiting));
  advance();
}

void InstanceActor::on(const Leave& how) {
  leaving_ = true;
  if (how.gone) gone_ = how.gone;
  if (!how.at_once) return advance();
  answer_all(Rejected{RejectionCode::unavailable, "the node stops and nothing was sent"});
  leave();
}

void InstanceActor::on(const SnapshotFound& found) {
  if (found.snapshot) fold_ = Fold::restore(kind_->model, *found.snapshot, kind_->fingerprint);
  // The snapshot's own last commit is read again: it shows that the log still has it.
  read_log(fold_ ? fold_->sequence() - 1 : 0);
}

void InstanceActor::on(const Loaded& answer) {
  phase_ == Phase::catching_up ? caught_up(answer.commits) : loaded(answer.commits);
}

void InstanceActor::on(const Appended& answer) { appended(answer.result); }

void InstanceActor::on(const Wake&) {
  if (phase_ != Phase::pausing) return;
  phase_ = Phase::idle;
  advance();
}

void InstanceActor::on(const DeadlinePassed&) {
  expire();
  advance();
}

/// Nobody learns what becomes of an append under way when its instance leaves: it stays for that.
void InstanceActor::on(const Settle&) {
  if (phase_ == Phase::idle && pending_ && !fold_) load();
}

void InstanceActor::advance() {
  if (phase_ == Phase::idle) expire();
  const bool settles = pending_ && fold_;  // was read back, or its append is under way
  if (nobody_waits() && !settles) {
    if (leaving_) leave();
    return;
  }
  if (phase_ != Phase::idle) return;
  if (!fold_) return load();
  if (pending_) return resolve();
  if (queue_.empty()) return look_up();
  decide_queued();
}

bool InstanceActor::nobody_waits() const {
  return queue_.empty() && aside_.empty()
         && (!pending_
             || std::ranges::none_of(pending_->entries, [](const PendingAppend::Entry& entry) {
                  return static_cast<bool>(entry.waiting.answered);
                }));
}

void InstanceActor::decide_queued() {
  PendingAppend pending;
  pending.epoch = kind_->slots.epoch(presence_->slot);
  if (pending.epoch == 0) {  // what is begun from now on is the next owner's
    answer_all(Rejected{RejectionCode::unavailable,
                        "its slot moves to another node and nothing was sent: repeat it"});
    return advance();
  }
  if (!fresh_ && !kind_->slots.certain(presence_->slot)) return catch_up();
  pending.expected = fold_->sequence();
  if (one_by_one_ > 0) pending.commits_max = 1;
  while (fold_ && !queue_.empty() && !pending.full()) {
    const auto first = fold_->memory().find(queue_.front().key());
    if (first || !set_aside()) decide_next(pending, first);
  }
  if (pending.commits.empty()) return advance();
  pending_ = std::make_unique<PendingAppend>(std::move(pending));
  append();
  look_up();
}

/// Answers at once what rests on acknowledged commits only.
void InstanceActor::decide_next(PendingAppend& pending,
                                const std::optional<RememberedCommand>& first) {
  auto waiting = std::move(queue_.front());
  queue_.pop_front();
  if (crashed_ids_ && crashed_ids_->contains(waiting.key()))
    return answer(waiting, Rejected{RejectionCode::crashed,
                                    waiting.command.type + " with this id crashed twice",
                                    {},
                                    fold_->version()});
  Outcome outcome;
  try {
    const auto watch = kind_->watchdog.watch(subject().str(), waiting.command.type);
    outcome = first           ? repeated(*kind_, waiting, *first, fold_->version())
              : waiting.found ? repeated(*kind_, waiting, *waiting.found, fold_->version())
                              : decide(*kind_, *fold_, waiting, pending);
  } catch (...) {
    return crashed(std::move(waiting), what_was_thrown());
  }
  if (pending.commits.empty()) return answer(waiting, std::move(outcome));
  pending.entries.push_back({std::move(waiting), std::move(outcome)});
}

/// The state may be half changed: it is folded again, and the command gets a second chance.
void InstanceActor::crashed(Waiting waiting, const std::string& what) {
  const auto version = fold_->version();
  fold_.reset();
  spdlog::error("{} threw in {} at version {}: {}", waiting.command.type, subject().str(), version,
                what);
  if (!std::exchange(waiting.crashed, true)) return queue_.push_front(std::move(waiting));
  if (!crashed_ids_) crashed_ids_ = std::make_unique<RecentKeys>(crashed_ids_max);
  crashed_ids_->add(waiting.key());
  answer(
      waiting,
      Rejected{
          RejectionCode::crashed, waiting.command.type + " crashed twice: " + what, {}, version});
}

void InstanceActor::append() {
  phase_ = Phase::appending;
  presence_->in_doubt = true;
  for (auto& entry : pending_->entries) {
    const auto* accepted = std::get_if<Accepted>(&entry.outcome);
    if (accepted && accepted->first_version != 0 && !accepted->duplicate) entry.waiting.sent = true;
  }
  kind_->log.append(subject(), pending_->expected, pending_->commits, reply_here_as<Appended>());
}

void InstanceActor::appended(const AppendResult& result) {
  using Outcome = AppendResult::Outcome;
  if (result.outcome == Outcome::acknowledged) return acknowledged(result.sequence);
  fold_.reset();  // it holds commits that may not be in the log
  if (result.outcome == Outcome::refused) {
    ++kind_->counters.refusals;
    // One that is too large is between its instance and its clients.
    if (!result.too_large) kind_->appends.refused(result.detail);
    if (!pending_->in_doubt) return refused(result);
    pending_->refusal = result;
    return pause();
  }
  const bool conflict = result.outcome == Outcome::conflict;
  ++(conflict ? kind_->counters.conflicts : kind_->counters.unknowns);
  spdlog::debug("An append to {} ended with {} ({}); reading back.", subject().str(),
                conflict ? "a conflict" : "an unknown outcome", result.detail);
  if (!conflict) kind_->appends.in_doubt(result.detail);
  pending_->in_doubt |= !conflict;
  pending_->refusal.reset();
  pause();
}

void InstanceActor::acknowledged(std::uint64_t last_sequence) {
  auto pending = std::move(*pending_);
  pending_.reset();
  pending.acknowledged(last_sequence);
  high_water_ = {last_sequence, fold_ ? fold_->commit_hash() : sha256(pending.commits.back())};
  if (fold_) fold_->acknowledged(pending.commits.size(), last_sequence);
  presence_->in_doubt = false;
  tried_ = false;
  backoff_.reset();
  kind_->counters.commits += pending.commits.size();
  kind_->counters.events += pending.events;
  kind_->counters.reach(last_sequence);
  kind_->appends.acknowledged();
  for (auto& entry : pending.entries) answer(entry.waiting, std::move(entry.outcome));
  snapshot_commits_ += pending.commits.size();
  if (fold_) {
    weigh();
    keep_snapshot(kind_->options.snapshot_every);
  }
  if (one_by_one_ > 0) --one_by_one_;
  phase_ = Phase::idle;
  advance();
}

/// The subject was read back after an append without a clear answer.
void InstanceActor::resolve() {
  if (fold_->sequence() == pending_->expected) {
    if (pending_->refusal) return give_up();
    // It may still arrive. The very same commits are sent again: at most one copy can match the
    // expected sequence, and no answer given from now on can contradict it.
    std::vector<StoredCommit> commits;
    for (const auto& bytes : pending_->commits) commits.push_back({0, subject(), bytes});
    if (fold_all(commits.data(), commits.data() + commits.size())) append();
    return;
  }
  // It is in the log, which the memory of the fold knows by the command ids, or never will be.
  auto pending = std::move(*pending_);
  pending_.reset();
  presence_->in_doubt = false;
  const auto queued_before = queue_.begin();
  for (auto& entry : pending.entries)
    if (entry.waiting.answered) queue_.insert(queued_before, std::move(entry.waiting));
  decide_queued();
}

/// Nothing of the append is in the log or will be. Of several commits it is not known which one is
/// refused: they are decided again, each in an append of its own.
void InstanceActor::refused(const AppendResult& result) {
  auto pending = std::move(*pending_);
  pending_.reset();
  presence_->in_doubt = false;
  one_by_one_ =
      pending.commits.size() > 1 ? pending.commits.size() : one_by_one_ - (one_by_one_ > 0);
  auto again = pending.entries.begin();
  if (pending.commits.size() == 1) {
    spdlog::debug("The log refuses {} of {}: {}", again->waiting.command.type, subject().str(),
                  result.detail);
    answer(again->waiting, result.too_large
                               ? Rejected{RejectionCode::too_large,
                                          "its events are too large: " + result.detail,
                                          {},
                                          pending.first_versions.front() - 1}
                               : Rejected{RejectionCode::unavailable,
                                          "the log refuses its events: " + result.detail});
    ++again;
  }
  const auto queued_before = queue_.begin();
  for (; again != pending.entries.end(); ++again)
    if (again->waiting.answered) queue_.insert(queued_before, std::move(again->waiting));
  phase_ = Phase::idle;
  advance();
}

/// It is refused now and was not there when it was read back. That an earlier try will not arrive
/// all the same, nobody can say; but others need not wait for it.
void InstanceActor::give_up() {
  auto pending = std::move(*pending_);
  pending_.reset();
  presence_->in_doubt = false;
  for (auto& entry : pending.entries)
    answer(entry.waiting, Unknown{"what became of the append is not known, and now the log refuses "
                                  "it: "
                                  + pending.refusal->detail});
  decide_queued();
}

/// The first try after a failure is made at once, the others after pauses that grow.
void InstanceActor::pause() {
  ++kind_->counters.retries;
  if (!std::exchange(tried_, true)) {
    phase_ = Phase::idle;
    return advance();
  }
  phase_ = Phase::pausing;
  delayed_send(this, backoff_.next(), Input{Wake{}});
}

/// Seldom enough that a large state costs each of its events little.
void InstanceActor::weigh() {
  constexpr std::uint64_t growth = 8;
  if (fold_->version() < weigh_at_) return;
  weigh_at_ = fold_->version() + fold_->version() / growth + 1;
  presence_->take(static_cast<std::int64_t>(bytes_without_fold + fold_->bytes()));
}

}  // namespace troupe::engine

// How an instance reads itself back: snapshot, commits, and the checks that both are sound.
#include <exception>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/base/thrown.hpp"
#include "runtime/engine/instances/instance_actor.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

void InstanceActor::load() {
  phase_ = Phase::loading;
  if (!use_snapshot_) return read_log(0);
  kind_->snapshots.get(subject(), [gate = kind_->gate, self = caf::actor(this)](auto found) {
    // Without an answer it is as if there were none: a snapshot is only a shortcut.
    gate->pass([&] {
      caf::anon_send(self, Input{SnapshotFound{found ? std::move(*found) : std::nullopt}});
    });
  });
}

void InstanceActor::read_log(std::uint64_t after) {
  kind_->log.load(subject(), after, reply_as<Loaded>());
}

/// Without a lease another node may have appended: what is decided next rests on a fresh read.
void InstanceActor::catch_up() {
  phase_ = Phase::catching_up;
  read_log(fold_->sequence());
}

void InstanceActor::caught_up(const Result<std::vector<StoredCommit>>& commits) {
  if (!commits && !commits.error().retryable) return refuse(commits.error().what);
  if (!commits) return pause();
  if (!fold_all(commits->data(), commits->data() + commits->size())) return;
  high_water_ = {fold_->sequence(), fold_->commit_hash()};
  snapshot_commits_ += commits->size();
  go_on_from_read();
}

/// Later somebody else may have appended: what is decided then has to be read anew.
void InstanceActor::go_on_from_read() {
  phase_ = Phase::idle;
  fresh_ = true;
  advance();
  fresh_ = false;
}

void InstanceActor::loaded(const Result<std::vector<StoredCommit>>& commits) {
  if (!commits) {
    // The log ends before the snapshot: it is read from its start, and a loss shows there.
    if (fold_ && !commits.error().retryable) return ignore_snapshot();
    fold_.reset();
    return pause();
  }
  const bool from_snapshot = fold_.has_value();
  if (from_snapshot && !continues_snapshot(*commits)) return ignore_snapshot();
  if (!from_snapshot) fold_.emplace(kind_->model);
  const auto known = from_snapshot ? 1U : 0U;
  if (!fold_all(commits->data() + known, commits->data() + commits->size())) return;
  if (log_went_back()) return;
  refusal_.reset();
  refused_.reset();
  high_water_ = {fold_->sequence(), fold_->commit_hash()};
  snapshot_commits_ = commits->size() - known;
  use_snapshot_ = true;
  weigh_at_ = 0;
  weigh();
  go_on_from_read();
}

void InstanceActor::ignore_snapshot() {
  spdlog::warn(
      "The snapshot of {} at sequence {} is not what the log has there; it is ignored. "
      "Was the log restored from an older copy?",
      subject().str(), fold_->sequence());
  fold_.reset();
  use_snapshot_ = false;
  read_log(0);
}

bool InstanceActor::continues_snapshot(const std::vector<StoredCommit>& commits) const {
  return !commits.empty() && commits.front().sequence == fold_->sequence()
         && sha256(commits.front().bytes) == fold_->commit_hash();
}

/// False when the commits cannot be folded; then everybody has got an answer.
bool InstanceActor::fold_all(const StoredCommit* begin, const StoredCommit* end) {
  std::string cause;
  skips_known_ = kind_->skips.changes();
  try {
    const auto watch = kind_->watchdog.watch(subject().str(), "evolve");
    for (auto commit = begin; commit != end; ++commit)
      if (const auto folded = fold_next(*commit); !folded) {
        refuse(folded.error().what, unreadable_log);
        return false;
      }
    return true;
  } catch (...) {
    cause = what_was_thrown();
  }
  spdlog::error("{} cannot be loaded: folding its events threw: {}", subject().str(), cause);
  fold_.reset();
  phase_ = Phase::idle;
  answer_all(Rejected{RejectionCode::crashed, "folding the events threw: " + cause});
  return false;
}

Result<void> InstanceActor::fold_next(const StoredCommit& stored) {
  const auto read = kind_->reader.read(stored);
  if (!read) return tl::make_unexpected(read.error());
  if (!*read) {
    fold_->pass_over(stored);
    return {};
  }
  const auto applied = fold_->apply(stored, (*read)->commit);
  if (!applied) return permanent(kind_->reader.poison(stored, applied.error().what));
  return {};
}

/// What was acknowledged or read once must be read again.
bool InstanceActor::log_went_back() {
  const bool behind = fold_->sequence() < high_water_.sequence;
  const bool other = fold_->sequence() == high_water_.sequence
                     && !fold_->commit_hash().starts_with(high_water_.hash_begin);
  if (!behind && !other) return false;
  refuse("The log went back: " + subject().str() + " ends at sequence "
         + std::to_string(fold_->sequence()) + ", but was known to hold another commit at "
         + std::to_string(high_water_.sequence));
  return true;
}

}  // namespace troupe::engine

// Implements group commit on JetStream's atomic batches.
#include "runtime/nats/log/group_commit.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/base/fault_point.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

GroupCommit::GroupCommit(Connection& connection, std::string stream,
                         std::chrono::milliseconds patience, Now now)
    : connection_(connection),
      stream_(std::move(stream)),
      patience_(patience),
      now_(std::move(now)),
      sender_(connection, patience),
      multi_commit_appends_(std::make_shared<MultiCommitAppends>(sender_, stream_)) {}

// ---- choosing -----------------------------------------------------------------------------------

void GroupCommit::append(Append append) {
  bool waits = false;
  {
    const std::lock_guard lock(mutex_);
    waits = !is_free();
    if (waits) {
      waiting_messages_ += append.commits.size();
      waiting_.push_back(std::move(append));
    } else {
      alone_ += append.commits.size();
    }
  }
  return waits ? go_on() : send_alone(std::move(append));
}

/// Whether the log takes one more append alone.
bool GroupCommit::is_free() const {
  return batches_ == 0 && waiting_.empty() && alone_ < pace_.batch_from()
         && probe_.phase == Probe::Phase::none;
}

/// Whether those who wait may go: always when nothing is under way, or when all go alone. Behind
/// appends that went alone a batch goes when it is as large as they are many; behind a batch only a
/// large one, as small ones in turn cost more flushes than one that holds both.
bool GroupCommit::may_go() const {
  if (batches_ == 0 && pace_.batch_from() == AppendPace::never) return true;
  const auto large = messages_max_ / batches_max;
  if (batches_ > 0) return batches_ < batches_max && waiting_messages_ >= large;
  const auto enough = std::min(std::max(alone_, pace_.batch_from()), large);
  return alone_ == 0 || waiting_messages_ >= enough;
}

Batch GroupCommit::take_waiting(std::size_t messages_max) {
  Batch batch;
  std::size_t messages = 0;
  std::size_t bytes = 0;
  while (!waiting_.empty()) {
    auto& next = waiting_.front();
    messages += next.commits.size();
    bytes += bytes_of(next);
    if (!batch.empty() && (messages > messages_max || bytes > batch_bytes_max)) break;
    waiting_messages_ -= next.commits.size();
    batch.push_back(std::move(next));
    waiting_.pop_front();
  }
  return batch;
}

/// Appends of one commit each, from anywhere: no two are of one instance.
Batch GroupCommit::take_singles(std::size_t max) {
  Batch singles;
  std::erase_if(waiting_, [&](Append& append) {
    if (append.commits.size() > 1 || singles.size() == max) return false;
    --waiting_messages_;
    singles.push_back(std::move(append));
    return true;
  });
  return singles;
}

void GroupCommit::go_on() {
  Batch batch;
  bool together = false;
  {
    const std::lock_guard lock(mutex_);
    std::tie(batch, together) = take_next();
  }
  if (together) return send(std::move(batch));
  for (auto& append : batch) send_alone(std::move(append));
}

std::pair<Batch, bool> GroupCommit::take_next() {
  if (probe_.phase != Probe::Phase::running && begins_probe()) return {};
  if (probe_.phase == Probe::Phase::draining) {
    if (auto singles = take_probe(); !singles.empty()) return {std::move(singles), false};
  }
  if (!may_go()) return {};
  auto batch = take_waiting(messages_max_);
  const auto messages = messages_of(batch);
  const bool together = batch.size() > 1 && messages >= pace_.batch_from();
  (together ? in_batch_ : alone_) += messages;
  batches_ += together ? 1 : 0;
  return {std::move(batch), together};
}

/// Nothing is under way. Empty when there are too few to measure.
Batch GroupCommit::take_probe() {
  const auto singles = std::ranges::count_if(
      waiting_, [](const Append& append) { return append.commits.size() == 1; });
  if (static_cast<std::size_t>(singles) < AppendPace::probe_min) {
    pace_.not_measured(now_());
    probe_ = {};
    return {};
  }
  auto batch = take_singles(AppendPace::probe_max);
  alone_ += batch.size();
  probe_ = {Probe::Phase::running, now_(), batch.size(), batch.size()};
  return batch;
}

/// True while what is under way is awaited so that a measurement can begin.
bool GroupCommit::begins_probe() {
  const auto under_way = alone_ + in_batch_;
  if (probe_.phase == Probe::Phase::none) {
    if (under_way + waiting_messages_ < AppendPace::probe_min) return false;
    const auto now = now_();
    if (!pace_.is_due(now)) return false;
    probe_ = {Probe::Phase::draining, now, 0, 0};
  }
  if (under_way == 0) return false;
  if (now_() - probe_.since < drain_patience) return true;
  pace_.not_measured(now_());
  probe_ = {};
  return false;
}

// ---- sending ------------------------------------------------------------------------------------

void GroupCommit::send_alone(Append append) {
  const auto messages = append.commits.size();
  if (messages > 1) {
    append.done = [self = shared_from_this(), messages,
                   done = std::move(append.done)](const AppendResult& result) {
      self->alone_answered(messages, result);
      done(result);
    };
    return multi_commit_appends_->send(std::move(append));
  }
  fault_point(FaultPoint::append_before_send);
  connection_.request(
      append.subject.str(), {{header::expected_sequence, std::to_string(append.expected)}},
      append.commits.front(), patience_,
      [self = shared_from_this(), done = std::move(append.done)](const Reply& reply) {
        const auto result = read_append_reply(self->stream_, reply);
        if (result.outcome == AppendResult::Outcome::acknowledged)
          fault_point(FaultPoint::append_acked);
        self->alone_answered(1, result);
        done(result);
      });
  fault_point(FaultPoint::append_sent, [this] { (void)connection_.flush(patience_); });
}

void GroupCommit::send(Batch batch) {
  auto sent = std::make_shared<Batch>(std::move(batch));
  sender_.send(*sent, [self = shared_from_this(), sent, at = now_()](const Reply& reply) {
    self->batch_answered(*sent, at, reply);
  });
}

// ---- answers ------------------------------------------------------------------------------------

void GroupCommit::alone_answered(std::size_t messages, const AppendResult& result) {
  {
    const std::lock_guard lock(mutex_);
    alone_ -= messages;
    probe_answered(messages, result);
  }
  go_on();
}

/// The answers come in the order of the appends: those of a measurement before any later ones.
void GroupCommit::probe_answered(std::size_t messages, const AppendResult& result) {
  if (probe_.phase != Probe::Phase::running) return;
  const bool useful = result.outcome != AppendResult::Outcome::unknown;
  probe_.open -= std::min(probe_.open, messages);
  if (useful && probe_.open > 0) return;
  const auto now = now_();
  if (useful)
    pace_.alone_measured(probe_.messages, now - probe_.since, now);
  else
    pace_.not_measured(now);
  probe_ = {};
}

void GroupCommit::batch_answered(Batch& batch, Time sent, const Reply& reply) {
  const AppendReply result = read_append_reply(stream_, reply);
  const auto messages = messages_of(batch);
  const bool stored = result.outcome == AppendResult::Outcome::acknowledged;
  if (stored) fault_point(FaultPoint::append_acked);
  const bool again = !stored && result.nothing_stored;
  {
    const std::lock_guard lock(mutex_);
    in_batch_ -= messages;
    --batches_;
    if (stored) pace_.batch_acknowledged(messages, sent, now_());
    if (again) alone_ += messages;
  }
  if (again) return refused(batch, result);
  go_on();
  settle(batch, stream_, result);
}

/// Nothing of it is stored, whatever the cause: a conflict of one of them, a message that was not
/// sent or came too late, too many batches, too large a batch.
void GroupCommit::refused(Batch& batch, const AppendReply& reply) {
  spdlog::debug("A batch of {} appends is sent again one by one: {}", batch.size(), reply.detail);
  if (reply.err_code == api_error::batch_too_large) {
    const std::lock_guard lock(mutex_);
    messages_max_ = std::max<std::size_t>(std::min(messages_max_, messages_of(batch)) / 2, 1);
  }
  for (auto& append : batch) send_alone(std::move(append));
}

}  // namespace troupe::nats

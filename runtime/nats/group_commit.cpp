// Implements group commit on JetStream's atomic batches.
#include "runtime/nats/group_commit.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/nats/api.hpp"
#include "runtime/nats/unique_name.hpp"

namespace troupe::nats {
namespace {

constexpr std::string_view expected_header = "Nats-Expected-Last-Subject-Sequence";

std::size_t messages_of(const std::vector<GroupCommit::Append>& batch) {
  std::size_t messages = 0;
  for (const auto& append : batch) messages += append.commits.size();
  return messages;
}

std::size_t bytes_of(const GroupCommit::Append& append) {
  std::size_t bytes = 0;
  for (const auto& commit : append.commits) bytes += commit.size();
  return bytes;
}

}  // namespace

GroupCommit::GroupCommit(Connection& connection, std::string stream,
                         std::chrono::milliseconds patience, Now now)
    : connection_(connection),
      stream_(std::move(stream)),
      patience_(patience),
      now_(std::move(now)),
      batch_prefix_(unique_name()) {}

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
  return batches_ == 0 && waiting_.empty() && alone_ < pace_.batch_from();
}

/// Whether those who wait may go. With nothing under way they may. Behind appends that went alone a
/// batch goes when it is as large as they are many; behind a batch only a large one, as small ones
/// in turn cost more flushes than one that holds both.
bool GroupCommit::may_go() const {
  const auto large = messages_max_ / batches_max;
  if (batches_ > 0) return batches_ < batches_max && waiting_messages_ >= large;
  const auto enough = std::min(std::max(alone_, pace_.batch_from()), large);
  return alone_ == 0 || waiting_messages_ >= enough;
}

GroupCommit::Batch GroupCommit::take_waiting(std::size_t messages_max) {
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

void GroupCommit::go_on() {
  Batch batch;
  bool together = false;
  {
    const std::lock_guard lock(mutex_);
    if (!may_go()) return;
    const bool measure = alone_ < AppendPace::probe && pace_.is_old(now_());
    batch = take_waiting(measure ? AppendPace::probe : messages_max_);
    const auto messages = messages_of(batch);
    together = !measure && batch.size() > 1 && messages >= pace_.batch_from();
    (together ? in_batch_ : alone_) += messages;
    batches_ += together ? 1 : 0;
  }
  if (together) return send(std::move(batch));
  for (auto& append : batch) send_alone(std::move(append));
}

// ---- sending ------------------------------------------------------------------------------------

void GroupCommit::send_alone(Append append) {
  if (append.commits.size() > 1) {
    auto batch = std::make_shared<Batch>();
    batch->push_back(std::move(append));
    return send_messages(*batch,
                         [self = shared_from_this(), batch, at = now_()](const Reply& reply) {
                           self->alone_answered(batch->front(), at, reply);
                         });
  }
  auto sent = std::make_shared<Append>(std::move(append));
  connection_.request(sent->subject.str(), {{expected_header, std::to_string(sent->expected)}},
                      sent->commits.front(), patience_,
                      [self = shared_from_this(), sent, at = now_()](const Reply& reply) {
                        self->alone_answered(*sent, at, reply);
                      });
}

void GroupCommit::send(Batch batch) {
  auto sent = std::make_shared<Batch>(std::move(batch));
  send_messages(*sent, [self = shared_from_this(), sent, at = now_()](const Reply& reply) {
    self->batch_answered(*sent, at, reply);
  });
}

// All but the last message are published blindly: JetStream checks everything when the batch is
// committed, and says there what was wrong. A batch whose end is lost is dropped by the server.
void GroupCommit::send_messages(const Batch& batch, Connection::Answered answered) {
  const std::lock_guard lock(batch_mutex_);
  const std::string name = fmt::format("{}-{}", batch_prefix_, ++last_batch_);
  const auto messages = messages_of(batch);
  std::size_t number = 0;
  for (const auto& append : batch) {
    for (std::size_t i = 0; i < append.commits.size(); ++i) {
      Headers headers{{"Nats-Batch-Id", name}, {"Nats-Batch-Sequence", std::to_string(++number)}};
      if (i == 0) headers.emplace_back(expected_header, std::to_string(append.expected));
      if (number < messages) {
        // One that is not sent makes the batch incomplete, which the last one's answer says.
        (void)connection_.publish(append.subject.str(), headers, append.commits[i]);
        continue;
      }
      headers.emplace_back("Nats-Batch-Commit", "1");
      connection_.request(append.subject.str(), headers, append.commits[i], patience_,
                          std::move(answered));
    }
  }
}

// ---- answers ------------------------------------------------------------------------------------

void GroupCommit::alone_answered(Append& append, Time sent, const Reply& reply) {
  const AppendReply result = read_append_reply(stream_, reply);
  {
    const std::lock_guard lock(mutex_);
    alone_ -= append.commits.size();
    if (result.outcome == AppendResult::Outcome::acknowledged && append.commits.size() == 1)
      pace_.alone_acknowledged(sent, now_());
  }
  go_on();
  append.done(result);
}

void GroupCommit::batch_answered(Batch& batch, Time sent, const Reply& reply) {
  const AppendReply result = read_append_reply(stream_, reply);
  const auto messages = messages_of(batch);
  const bool stored = result.outcome == AppendResult::Outcome::acknowledged;
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
  if (stored && result.count == messages) {
    auto sequence = result.sequence - messages;
    for (auto& append : batch) {
      sequence += append.commits.size();
      append.done({AppendResult::Outcome::acknowledged, sequence, {}});
    }
    return;
  }
  const std::string why = stored ? fmt::format("{} acknowledged {} messages of a batch of {}.",
                                               stream_, result.count, messages)
                                 : result.detail;
  for (auto& append : batch) append.done({AppendResult::Outcome::unknown, 0, why});
}

/// Nothing of it is stored, whatever the cause: a conflict of one of them, a message that was not
/// sent or came too late, too many batches, too large a batch.
void GroupCommit::refused(Batch& batch, const AppendReply& reply) {
  spdlog::debug("A batch of {} appends is sent again one by one: {}", batch.size(), reply.detail);
  if (reply.err_code == api_error::batch_too_large) {
    const std::lock_guard lock(mutex_);
    messages_max_ = std::max<std::size_t>(messages_max_ / 2, 1);
  }
  for (auto& append : batch) send_alone(std::move(append));
}

}  // namespace troupe::nats

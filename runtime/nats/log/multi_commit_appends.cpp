#include "runtime/nats/log/multi_commit_appends.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/fault_point.hpp"

namespace troupe::nats {

MultiCommitAppends::MultiCommitAppends(BatchSender& sender, std::string stream)
    : sender_(sender), stream_(std::move(stream)) {}

void MultiCommitAppends::send(Append append) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(append));
  }
  go_on();
}

void MultiCommitAppends::go_on() {
  for (;;) {
    auto batch = std::make_shared<Batch>();
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty() || under_way_ >= room_) return;
      *batch = take();
      ++under_way_;
    }
    sender_.send(*batch, [self = shared_from_this(), batch](const Reply& reply) {
      self->answered(*batch, reply);
    });
  }
}

/// What was refused together goes one by one, everything else together.
Batch MultiCommitAppends::take() {
  Batch batch;
  std::size_t messages = 0;
  std::size_t bytes = 0;
  do {
    messages += waiting_.front().commits.size();
    bytes += bytes_of(waiting_.front());
    if (!batch.empty() && (messages > batch_messages_max || bytes > batch_bytes_max)) break;
    batch.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  } while (batch.back().refusals == 0 && !waiting_.empty() && waiting_.front().refusals == 0);
  return batch;
}

void MultiCommitAppends::answered(Batch& batch, const Reply& reply) {
  auto result = read_append_reply(stream_, reply);
  const bool again = goes_again(batch, result);
  if (result.outcome == AppendResult::Outcome::acknowledged) fault_point(FaultPoint::append_acked);
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
    if (result.outcome == AppendResult::Outcome::acknowledged)
      room_ = std::min(room_ + 1, under_way_max);
    else if (result.nothing_stored && result.outcome == AppendResult::Outcome::unknown)
      room_ = std::max<std::size_t>(room_ / 2, 1);
    for (auto& append : batch) {
      if (!again) break;
      ++append.refusals;
      waiting_.push_back(std::move(append));
    }
  }
  go_on();
  if (again) return;
  if (!result.nothing_stored) return settle(batch, stream_, result);
  if (result.outcome == AppendResult::Outcome::unknown)
    result.outcome = AppendResult::Outcome::refused;
  batch.front().done(result);
}

bool MultiCommitAppends::goes_again(const Batch& batch, const AppendReply& result) {
  if (!result.nothing_stored) return false;
  if (batch.size() > 1) return true;
  return result.outcome == AppendResult::Outcome::unknown && batch.front().refusals < refusals_max;
}

}  // namespace troupe::nats

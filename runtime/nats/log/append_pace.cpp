// Implements the measurement of appends.
#include "runtime/nats/log/append_pace.hpp"

#include <algorithm>

namespace troupe::nats {
namespace {

/// A new measurement counts a quarter: a disk's pace is noisy, and changes.
AppendPace::Duration blend(AppendPace::Duration before, AppendPace::Duration now) {
  constexpr int share = 4;
  return before.count() == 0 ? now : before + (now - before) / share;
}

}  // namespace

void AppendPace::alone_measured(std::size_t appends, Duration took, Time now) {
  tried_at_ = now;
  std::shift_right(alone_.begin(), alone_.end(), 1);
  alone_.front() = {now, std::max(took / static_cast<long>(appends), Duration{1})};
  for (auto& one : alone_)
    if (now - one.at > kept_for) one = {};
}

AppendPace::Duration AppendPace::alone() const {
  auto least = alone_.front().each;
  for (const auto& one : alone_)
    if (one.each.count() != 0) least = std::min(least, one.each);
  return least;
}

// One that was sent behind another is begun when that is done.
void AppendPace::batch_acknowledged(std::size_t messages, Time sent, Time now) {
  const Duration took = now - std::max(sent, last_batch_);
  const auto fixed = took - message_of_batch * static_cast<long>(messages);
  batch_fixed_ = blend(batch_fixed_, std::max(fixed, Duration{std::chrono::microseconds(1)}));
  last_batch_ = now;
}

std::size_t AppendPace::batch_from() const {
  const auto each = alone();
  if (each < worth_sharing) return never;
  const auto fixed = batch_fixed_.count() != 0 ? batch_fixed_ : each * flushes_of_batch;
  return static_cast<std::size_t>(std::max<long>(fixed / (each - message_of_batch) + 1, 2));
}

bool AppendPace::is_due(Time now) const {
  const bool few = alone_.back().each.count() == 0;
  return now - tried_at_ > (few ? first_due_after : due_after);
}

}  // namespace troupe::nats

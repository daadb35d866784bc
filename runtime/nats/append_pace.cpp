// Implements the measurement of appends.
#include "runtime/nats/append_pace.hpp"

#include <algorithm>
#include <utility>

namespace troupe::nats {
namespace {

/// A new measurement counts a quarter: a disk's pace is noisy, and changes.
AppendPace::Duration blend(AppendPace::Duration before, AppendPace::Duration now) {
  constexpr int share = 4;
  return before.count() == 0 ? now : before + (now - before) / share;
}

}  // namespace

void AppendPace::alone_acknowledged(Time sent, Time now) {
  const Duration took = now - sent;
  quickest_ = quickest_.count() == 0 ? took : std::min(quickest_, took);
  const auto before = std::exchange(last_acknowledged_, now);
  if (std::exchange(last_was_batch_, false)) return;       // it has waited for the batch
  if (sent + waited_factor * quickest_ >= before) return;  // the stream may have had nothing to do
  in_window_ += now - before;
  if (++appends_in_window_ < window_appends || in_window_ < window_time) return;
  alone_ = blend(alone_, in_window_ / appends_in_window_);
  measured_at_ = now;
  in_window_ = Duration{0};
  appends_in_window_ = 0;
}

// One that was sent behind another is begun when that is done.
void AppendPace::batch_acknowledged(std::size_t messages, Time sent, Time now) {
  const Duration took = now - std::max(sent, last_acknowledged_);
  const auto fixed = took - message_of_batch * static_cast<long>(messages);
  batch_fixed_ = blend(batch_fixed_, std::max(fixed, Duration{std::chrono::microseconds(1)}));
  last_acknowledged_ = now;
  last_was_batch_ = true;
}

std::size_t AppendPace::batch_from() const {
  if (alone_ < worth_sharing) return never;
  const auto fixed = batch_fixed_.count() != 0 ? batch_fixed_ : alone_ * flushes_of_batch;
  return static_cast<std::size_t>(std::max<long>(fixed / (alone_ - message_of_batch) + 1, 2));
}

bool AppendPace::is_old(Time now) const { return now - measured_at_ > measured_for; }

}  // namespace troupe::nats

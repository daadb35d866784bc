// The deliveries of one generation that are handed out and not yet acknowledged.
#include "runtime/nats/log/ack_pending.hpp"

namespace troupe::nats {

void AckPending::begin(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  generation_ = generation;
  items_.clear();
}

void AckPending::add(std::uint64_t sequence, std::string ack_subject) {
  const std::lock_guard lock(mutex_);
  items_.insert_or_assign(sequence, Item{std::move(ack_subject), std::chrono::steady_clock::now()});
}

bool AckPending::holds(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  return items_.contains(sequence);
}

void AckPending::acknowledge(std::uint64_t generation, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  if (closed_ || generation != generation_) return;
  const auto item = items_.find(sequence);
  if (item == items_.end()) return;
  // A lost acknowledgement is repeated when the message comes again.
  (void)connection_.publish(item->second.ack_subject, {}, "+ACK");
  items_.erase(item);
}

void AckPending::report_progress(std::chrono::steady_clock::duration age) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  const auto now = std::chrono::steady_clock::now();
  for (auto& [sequence, item] : items_) {
    if (now - item.since < age) continue;
    (void)connection_.publish(item.ack_subject, {}, "+WPI");
    item.since = now;
  }
}

void AckPending::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  items_.clear();
}

}  // namespace troupe::nats

#include "runtime/nats/client/arrivals.hpp"

namespace troupe::nats {

SteadyTime Arrivals::take(SteadyTime now) {
  ++taken_;
  while (count_ > 0 && oldest().arrived < taken_) {
    first_ = (first_ + 1) % looks_max;
    --count_;
  }
  return count_ > 0 ? oldest().at : now;
}

void Arrivals::look(SteadyTime now, std::size_t waiting) {
  if (waiting == 0 || count_ == looks_max) return;
  const auto arrived = taken_ + waiting;
  if (count_ > 0 && (arrived <= newest().arrived || now - newest().at < apart)) return;
  looks_[(first_ + count_) % looks_max] = {now, arrived};
  ++count_;
}

}  // namespace troupe::nats

// Reads the marks of faults and the parked events.
#include "runtime/check/run/poison.hpp"

namespace troupe::check {

Poison::Poison(const FinishedRun& run) {
  if (run.history)
    for (const auto& event : *run.history)
      if (event.type == ClientEvent::Type::nemesis && event.fault.phase == "poison")
        subjects_.insert(event.fault.target);
  for (const auto& context : run.contexts) {
    if (!context.backlog) continue;
    for (const auto& one : context.backlog->parked) {
      parked_.emplace(one.consumer, one.subject, one.sequence);
      parked_subjects_.insert(one.subject);
    }
  }
}

bool Poison::parked(const std::string& consumer, const std::string& subject,
                    std::uint64_t sequence) const {
  return parked_.contains({consumer, subject, sequence});
}

bool Poison::parked_before(const std::string& consumer, const std::string& subject,
                           std::uint64_t sequence) const {
  const auto first = parked_.lower_bound({consumer, subject, 0});
  return first != parked_.end() && *first < std::tuple(consumer, subject, sequence);
}

}  // namespace troupe::check

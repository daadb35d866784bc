#include "runtime/engine/health/watchdog.hpp"

namespace troupe::engine {

Watchdog::Watchdog(const Clock& clock, std::chrono::milliseconds patience)
    : clock_(clock), patience_(patience) {
  for (std::size_t place = running_max; place > 0; --place) free_.push_back(place - 1);
}

Watchdog::Watch Watchdog::watch(std::string_view instance, std::string_view handler) {
  const auto now = clock_.steady();
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return {nullptr, 0};
  const auto place = free_.back();
  free_.pop_back();
  running_[place] = {.instance = instance, .handler = handler, .since = now, .active = true};
  return {this, place};
}

void Watchdog::leave(std::size_t place) {
  const std::lock_guard lock(mutex_);
  running_[place].active = false;
  free_.push_back(place);
}

std::vector<std::string> Watchdog::overdue() {
  const auto now = clock_.steady();
  std::vector<std::string> sentences;
  const std::lock_guard lock(mutex_);
  for (auto& one : running_) {
    if (!one.active || now - one.since < patience_) continue;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now - one.since).count();
    sentences.push_back(std::string(one.handler) + " of " + std::string(one.instance)
                        + " has been running for " + std::to_string(seconds)
                        + " s and holds a thread of this node");
  }
  return sentences;
}

}  // namespace troupe::engine

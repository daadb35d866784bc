#include "tools/shop/drive/tally.hpp"

#include <variant>

namespace troupe::tool {

nlohmann::ordered_json to_json(const CommandCounts& counts) {
  return {{"ok", counts.ok},
          {"rejected", counts.rejected},
          {"unknown", counts.unknown},
          {"unsettled", counts.unsettled}};
}

void Tally::count(const std::string& command_id, const Outcome& outcome) {
  const auto second =
      std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  const std::lock_guard lock(mutex_);
  auto& command = commands_[command_id];
  if (std::holds_alternative<Rejected>(outcome)) command.rejected = true;
  if (std::holds_alternative<Unknown>(outcome)) command.unknown = true;
  if (!std::holds_alternative<Accepted>(outcome) || command.accepted) return;
  command.accepted = true;
  const auto index = static_cast<std::size_t>(second.count());
  if (accepted_.size() <= index) accepted_.resize(index + 1);
  ++accepted_[index];
}

CommandCounts Tally::counts() const {
  const std::lock_guard lock(mutex_);
  CommandCounts counts;
  for (const auto& [id, command] : commands_) {
    if (command.accepted)
      ++counts.ok;
    else if (command.rejected)
      ++counts.rejected;
    else
      ++counts.unsettled;
    if (command.unknown) ++counts.unknown;
  }
  return counts;
}

std::vector<std::uint64_t> Tally::accepted_per_second() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::int64_t Tally::started_ns() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(started_.time_since_epoch()).count();
}

Outcome CountingSender::send(const Wish& wish, std::chrono::milliseconds timeout) {
  auto outcome = sender_.send(wish, timeout);
  tally_.count(wish.id, outcome);
  return outcome;
}

}  // namespace troupe::tool

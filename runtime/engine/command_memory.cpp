#include "runtime/engine/command_memory.hpp"

#include <iterator>
#include <utility>

#include "runtime/domain/timestamp.hpp"

namespace troupe::engine {

void CommandMemory::remember(RememberedCommand command) {
  commands_.push_back(std::move(command));
  const auto newest = std::prev(commands_.end());
  by_id_.erase(newest->id);  // its key lies in the older entry
  by_id_.emplace(newest->id, newest);
  while (forgets_oldest()) {
    const auto oldest = by_id_.find(commands_.front().id);
    if (oldest != by_id_.end() && oldest->second == commands_.begin()) by_id_.erase(oldest);
    commands_.pop_front();
    forgot_ = true;
  }
}

bool CommandMemory::forgets_oldest() const {
  if (commands_.size() <= kept_min) return false;
  return commands_.size() > kept_max || commands_.front().committed_at < newest_time() - horizon;
}

const RememberedCommand* CommandMemory::find(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

bool CommandMemory::may_have_forgotten(Time issued_at) const {
  return forgot_ && (commands_.empty() || issued_at - skew_max <= commands_.front().committed_at);
}

void CommandMemory::place_newest(std::size_t count, std::uint64_t last) {
  auto command = commands_.rbegin();
  for (; count > 0 && command != commands_.rend(); --count, ++command) command->sequence = last--;
}

Time CommandMemory::newest_time() const {
  return commands_.empty() ? Time{} : commands_.back().committed_at;
}

void CommandMemory::save(v1::Snapshot& to) const {
  for (const auto& command : commands_) {
    auto& saved = *to.add_memory();
    saved.set_command_id(command.id);
    saved.set_command_hash(command.hash);
    saved.set_first_version(command.first_version);
    saved.set_last_version(command.last_version);
    saved.set_sequence(command.sequence);
    *saved.mutable_committed_at() = to_timestamp(command.committed_at);
  }
  to.set_forgot(forgot_);
}

CommandMemory CommandMemory::restore(const v1::Snapshot& from) {
  CommandMemory memory;
  for (const auto& saved : from.memory())
    memory.remember({.id = saved.command_id(),
                     .hash = saved.command_hash(),
                     .first_version = saved.first_version(),
                     .last_version = saved.last_version(),
                     .sequence = saved.sequence(),
                     .committed_at = to_time(saved.committed_at())});
  memory.forgot_ |= from.forgot();
  return memory;
}

}  // namespace troupe::engine

#include "runtime/engine/history/command_memory.hpp"

#include <functional>
#include <ranges>
#include <utility>

#include <troupe/timestamp.hpp>

namespace troupe::engine {

namespace {

std::uint32_t hash_of(std::string_view id) {
  return static_cast<std::uint32_t>(std::hash<std::string_view>{}(id));
}

/// Where the last `wanted` in [begin, end) ends; `begin` when there is none. Looks at many at once,
/// for most searches find nothing.
std::size_t end_of_last(const std::vector<std::uint32_t>& hashes, std::size_t begin,
                        std::size_t end, std::uint32_t wanted) {
  constexpr std::size_t at_once = 64;
  while (end - begin >= at_once) {
    std::uint32_t found = 0;
    const auto* block = hashes.data() + end - at_once;
    for (std::size_t i = 0; i < at_once; ++i) found |= block[i] == wanted ? 1U : 0U;
    if (found != 0) break;
    end -= at_once;
  }
  while (end > begin && hashes[end - 1] != wanted) --end;
  return end;
}

}  // namespace

RememberedCommand CommandMemory::Kept::unpacked() const {
  return {.id = text.substr(0, id_size),
          .hash = text.substr(id_size),
          .first_version = first_version,
          .last_version = first_version + events - 1,
          .sequence = sequence,
          .committed_at = committed_at};
}

std::string memory_key(std::string_view command_id, bool internal) {
  // No id of a client begins with it.
  return internal ? "@" + std::string(command_id) : std::string(command_id);
}

void CommandMemory::remember(const RememberedCommand& command) {
  std::string text;
  text.reserve(command.id.size() + command.hash.size());
  text += command.id;
  text += command.hash;
  kept_.push_back(
      {.text = std::move(text),
       .id_size = static_cast<std::uint32_t>(command.id.size()),
       .events = static_cast<std::uint32_t>(command.last_version - command.first_version + 1),
       .first_version = command.first_version,
       .sequence = command.sequence,
       .committed_at = command.committed_at});
  hashes_.push_back(hash_of(command.id));
  if (size() > kept_max) forget_oldest();
  if (ids_) let_ids_go();
}

void CommandMemory::forget_oldest() {
  auto& oldest = kept_[begin_];
  if (!ids_ && oldest.committed_at < newest_time() - span) {
    complete_ = false;
    read_from_ = 0;
  } else {
    if (!ids_) ids_ = std::make_unique<ForgottenIds>();
    ids_->add(oldest.id(), oldest.sequence, oldest.committed_at);
  }
  oldest.text = {};
  ++begin_;
  if (begin_ <= kept_.size() / 2) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(begin_));
  hashes_.erase(hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
}

void CommandMemory::let_ids_go() {
  const bool wanted = unwanted_ < read_back_kept;
  unwanted_ += wanted ? 1 : 0;
  if (ids_->let_go(wanted ? Time{} : newest_time() - span, wanted ? read_back_max : ids_max)) {
    complete_ = false;
    read_from_ = 0;
  }
  if (ids_->empty()) ids_.reset();
}

std::optional<RememberedCommand> CommandMemory::find(std::string_view id) const {
  const auto wanted = hash_of(id);
  for (auto i = end_of_last(hashes_, begin_, hashes_.size(), wanted); i > begin_;
       i = end_of_last(hashes_, begin_, i - 1, wanted)) {
    const auto& kept = kept_[i - 1];
    if (kept.id() == id) return kept.unpacked();
  }
  return std::nullopt;
}

std::vector<std::uint64_t> CommandMemory::places(std::string_view id) const {
  return ids_ ? ids_->find(id) : std::vector<std::uint64_t>();
}

bool CommandMemory::reaches(Time time) const {
  if (complete_) return true;
  return time > (ids_ ? ids_->first_at() : kept_[begin_].committed_at);
}

void CommandMemory::want(Time time) {
  if (size() == 0) return;
  const auto own = ids_ ? ids_->own_first_at() : std::nullopt;
  const bool beyond = time <= own.value_or(kept_[begin_].committed_at);
  if (beyond || time < newest_time() - span) unwanted_ = 0;
}

std::uint64_t CommandMemory::first_sequence() const {
  if (read_from_ != 0) return read_from_;
  if (ids_) return ids_->first_sequence();
  return size() == 0 ? 0 : kept_[begin_].sequence;
}

void CommandMemory::read_back(const std::vector<RememberedCommand>& older, std::uint64_t from) {
  if (from == 0) complete_ = true;
  for (const auto& command : older | std::views::reverse) {
    if (!ids_) ids_ = std::make_unique<ForgottenIds>();
    if (ids_->size() >= read_back_max) {
      read_from_ = 0;
      return;
    }
    ids_->add_older(command.id, command.sequence, command.committed_at);
  }
  read_from_ = from;
}

void CommandMemory::place_newest(std::size_t count, std::uint64_t last) {
  for (std::size_t i = kept_.size(); i > begin_ && count > 0; --i, --count)
    kept_[i - 1].sequence = last--;
}

Time CommandMemory::newest_time() const { return size() == 0 ? Time{} : kept_.back().committed_at; }

std::size_t CommandMemory::bytes() const noexcept {
  const auto text = size() == 0 ? 0 : kept_.back().text.capacity();  // they are much alike
  return kept_.capacity() * (sizeof(Kept) + sizeof(std::uint32_t)) + size() * text
         + (ids_ ? ids_->bytes() : 0);
}

void CommandMemory::save(v1::Snapshot& to, std::vector<SnapshotPart>& parts) const {
  for (std::size_t i = begin_; i < kept_.size(); ++i) {
    const auto command = kept_[i].unpacked();
    auto& saved = *to.add_memory();
    saved.set_command_id(command.id);
    saved.set_command_hash(command.hash);
    saved.set_first_version(command.first_version);
    saved.set_last_version(command.last_version);
    saved.set_sequence(command.sequence);
    *saved.mutable_committed_at() = to_timestamp(command.committed_at);
  }
  const bool all = !ids_ || ids_->save(newest_time() - span, ids_max, to, parts);
  to.set_complete(complete_ && all);
}

std::optional<CommandMemory> CommandMemory::restore(const v1::Snapshot& from,
                                                    const std::vector<SnapshotPart>& parts) {
  CommandMemory memory;
  if (from.has_forgotten()) {
    memory.ids_ = ForgottenIds::restore(from, parts);
    if (!memory.ids_) return std::nullopt;
    if (memory.ids_->empty()) memory.ids_.reset();
  }
  for (const auto& saved : from.memory())
    memory.remember({.id = saved.command_id(),
                     .hash = saved.command_hash(),
                     .first_version = saved.first_version(),
                     .last_version = saved.last_version(),
                     .sequence = saved.sequence(),
                     .committed_at = to_time(saved.committed_at())});
  memory.complete_ = from.complete();
  return memory;
}

}  // namespace troupe::engine

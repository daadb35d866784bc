#include "runtime/engine/command_memory.hpp"

#include <functional>
#include <utility>

#include "runtime/domain/timestamp.hpp"

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
  while (forgets_oldest()) forget_oldest();
}

bool CommandMemory::forgets_oldest() const {
  if (size() <= kept_min) return false;
  return size() > kept_max || kept_[begin_].committed_at < newest_time() - horizon;
}

void CommandMemory::forget_oldest() {
  auto& oldest = kept_[begin_];
  fingerprint(std::string_view(oldest.text).substr(0, oldest.id_size), oldest.committed_at,
              forgot_ ? oldest.committed_at : Time::min());
  oldest.text = {};
  ++begin_;
  forgot_ = true;
  if (begin_ <= kept_.size() / 2) return;
  kept_.erase(kept_.begin(), kept_.begin() + static_cast<std::ptrdiff_t>(begin_));
  hashes_.erase(hashes_.begin(), hashes_.begin() + static_cast<std::ptrdiff_t>(begin_));
  begin_ = 0;
}

/// While the memory itself reaches back far enough, fingerprints are of no use.
void CommandMemory::fingerprint(std::string_view id, Time committed_at, Time complete_after) {
  if (committed_at < newest_time() - ForgottenIds::half_span) return fingerprints_.reset();
  if (!fingerprints_) fingerprints_ = std::make_unique<ForgottenIds>(complete_after);
  fingerprints_->add(id, committed_at);
}

void CommandMemory::read_back(const std::vector<RememberedCommand>& all) {
  fingerprints_.reset();
  auto complete_after = Time::min();
  for (const auto& command : all) {
    if (size() == 0 || command.first_version >= kept_[begin_].first_version) return;
    fingerprint(command.id, command.committed_at, complete_after);
    if (!fingerprints_) complete_after = command.committed_at;
  }
}

std::optional<RememberedCommand> CommandMemory::find(std::string_view id) const {
  const auto wanted = hash_of(id);
  for (auto i = end_of_last(hashes_, begin_, hashes_.size(), wanted); i > begin_;
       i = end_of_last(hashes_, begin_, i - 1, wanted)) {
    const auto& kept = kept_[i - 1];
    if (std::string_view(kept.text).substr(0, kept.id_size) == id) return kept.unpacked();
  }
  return std::nullopt;
}

bool CommandMemory::may_have_forgotten(std::string_view id, Time issued_at) const {
  if (!forgot_ || find(id)) return false;
  const auto earliest = issued_at - skew_max;
  if (fingerprints_)
    return earliest <= fingerprints_->complete_after() || fingerprints_->contains(id);
  return size() == 0 || earliest <= kept_[begin_].committed_at;
}

void CommandMemory::place_newest(std::size_t count, std::uint64_t last) {
  for (std::size_t i = kept_.size(); i > begin_ && count > 0; --i, --count)
    kept_[i - 1].sequence = last--;
}

Time CommandMemory::newest_time() const { return size() == 0 ? Time{} : kept_.back().committed_at; }

std::size_t CommandMemory::bytes() const noexcept {
  const auto text = size() == 0 ? 0 : kept_.back().text.capacity();  // they are much alike
  return kept_.capacity() * (sizeof(Kept) + sizeof(std::uint32_t)) + size() * text
         + (fingerprints_ ? fingerprints_->bytes() : 0);
}

void CommandMemory::save(v1::Snapshot& to) const {
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

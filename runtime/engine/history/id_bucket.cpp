#include "runtime/engine/history/id_bucket.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace troupe::engine {

namespace {

static_assert(std::endian::native == std::endian::little, "entries are kept as they lie in memory");

constexpr unsigned half_bits = 32;

constexpr std::uint32_t low_half(std::uint64_t number) {
  return static_cast<std::uint32_t>(number);
}

/// Twice as many places as entries, so that a search meets an empty one soon.
std::size_t table_size(std::size_t ids) {
  return std::bit_ceil(std::max<std::size_t>(2 * ids, 64));
}

}  // namespace

std::unique_ptr<IdBucket> IdBucket::of(std::shared_ptr<std::string> entries,
                                       std::uint64_t first_sequence, Time first_at, Time last_at) {
  const auto ids = entries->size() / entry_bytes;
  if (entries->size() % entry_bytes != 0 || ids == 0 || ids > ids_max) return nullptr;
  auto bucket = std::make_unique<IdBucket>();
  bucket->entries_ = std::move(entries);
  bucket->first_sequence_ = first_sequence;
  bucket->first_at_ = first_at;
  bucket->last_at_ = last_at;
  std::uint32_t farthest = 0;
  for (std::size_t i = 0; i < ids; ++i)
    farthest = std::max(farthest, low_half(bucket->entry(i)) - low_half(first_sequence));
  bucket->last_sequence_ = first_sequence + farthest;
  bucket->make_table();
  return bucket;
}

bool IdBucket::takes(std::uint64_t sequence) const noexcept {
  if (sealed_ || size() == ids_max) return false;
  const auto first = std::min(first_sequence_, sequence);
  const auto last = std::max(last_sequence_, sequence);
  return size() == 0 || last - first <= std::numeric_limits<std::uint32_t>::max();
}

void IdBucket::add(std::uint32_t fingerprint, std::uint64_t sequence, Time committed_at) {
  const bool first = size() == 0;
  first_sequence_ = first ? sequence : std::min(first_sequence_, sequence);
  last_sequence_ = first ? sequence : std::max(last_sequence_, sequence);
  first_at_ = first ? committed_at : std::min(first_at_, committed_at);
  last_at_ = first ? committed_at : std::max(last_at_, committed_at);
  const std::uint64_t entry = std::uint64_t{fingerprint} << half_bits | low_half(sequence);
  entries_->append(reinterpret_cast<const char*>(&entry), entry_bytes);
  if (table_size(size()) > table_.size()) return make_table();
  put_into_table(size() - 1);
}

void IdBucket::find(std::uint32_t fingerprint, std::vector<std::uint64_t>& sequences) const {
  if (table_.empty()) return;
  const auto mask = table_.size() - 1;
  for (auto place = fingerprint & mask; table_[place] != 0; place = (place + 1) & mask) {
    const auto found = entry(table_[place] - 1U);
    if (found >> half_bits == fingerprint)
      sequences.push_back(first_sequence_ + (low_half(found) - low_half(first_sequence_)));
  }
}

void IdBucket::seal() {
  sealed_ = true;
  entries_->shrink_to_fit();
}

std::size_t IdBucket::bytes() const noexcept {
  return sizeof(IdBucket) + entries_->capacity() + table_.capacity() * sizeof(table_[0]);
}

std::uint64_t IdBucket::entry(std::size_t index) const noexcept {
  std::uint64_t entry = 0;
  std::memcpy(&entry, entries_->data() + index * entry_bytes, entry_bytes);
  return entry;
}

void IdBucket::put_into_table(std::size_t index) noexcept {
  const auto mask = table_.size() - 1;
  auto place = (entry(index) >> half_bits) & mask;
  while (table_[place] != 0) place = (place + 1) & mask;
  table_[place] = static_cast<std::uint16_t>(index + 1);
}

void IdBucket::make_table() {
  table_.assign(table_size(size()), 0);
  for (std::size_t i = 0; i < size(); ++i) put_into_table(i);
}

}  // namespace troupe::engine

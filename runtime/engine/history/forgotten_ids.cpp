#include "runtime/engine/history/forgotten_ids.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include <troupe/timestamp.hpp>
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

namespace {

/// The bytes are the name: what another node has kept under it is the same.
std::string name_of(const std::string& bytes) {
  constexpr std::size_t hash_bytes = 16;
  return to_hex(std::string_view(sha256(bytes)).substr(0, hash_bytes));
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

ForgottenIds::ForgottenIds() : seed_(random_seed()) {}

/// FNV-1a, mixed as in MurmurHash3, which must be the same in every build as snapshots hold it;
/// from a start that no client knows, so that nobody can choose ids that get in each other's way.
std::uint32_t ForgottenIds::fingerprint_of(std::string_view id) const {
  std::uint64_t hash = seed_;
  for (const unsigned char byte : id) hash = (hash ^ byte) * 0x100000001b3;
  hash = (hash ^ hash >> 33U) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33U) * 0xc4ceb9fe1a85ec53;
  return static_cast<std::uint32_t>(hash >> 32U);
}

void ForgottenIds::add(std::string_view id, std::uint64_t sequence, Time committed_at) {
  const bool fits = !buckets_.empty() && !buckets_.back().read_back
                    && buckets_.back()->takes(sequence)
                    && committed_at - buckets_.back()->first_at() < bucket_span;
  if (!fits) {
    if (!buckets_.empty()) buckets_.back()->seal();
    buckets_.emplace_back();
  }
  buckets_.back()->add(fingerprint_of(id), sequence, committed_at);
  ++size_;
}

/// By number alone: what was read back goes together.
void ForgottenIds::add_older(std::string_view id, std::uint64_t sequence, Time committed_at) {
  const bool fits =
      !buckets_.empty() && buckets_.front().read_back && buckets_.front()->takes(sequence);
  if (!fits) {
    if (!buckets_.empty() && buckets_.front().read_back) buckets_.front()->seal();
    buckets_.emplace_front().read_back = true;
  }
  buckets_.front()->add(fingerprint_of(id), sequence, committed_at);
  ++size_;
}

bool ForgottenIds::let_go(Time before, std::size_t ids_max) {
  const auto size_before = size_;
  while (!buckets_.empty() && (buckets_.front()->last_at() < before || size_ > ids_max)) {
    size_ -= buckets_.front()->size();
    buckets_.pop_front();
  }
  return size_ < size_before;
}

std::vector<std::uint64_t> ForgottenIds::find(std::string_view id) const {
  std::vector<std::uint64_t> sequences;
  const auto fingerprint = fingerprint_of(id);
  for (const auto& bucket : buckets_) bucket->find(fingerprint, sequences);
  return sequences;
}

std::optional<Time> ForgottenIds::own_first_at() const noexcept {
  const auto own = std::ranges::find(buckets_, false, &Bucket::read_back);
  return own == buckets_.end() ? std::nullopt : std::optional((*own)->first_at());
}

std::size_t ForgottenIds::bytes() const noexcept {
  std::size_t bytes = sizeof(ForgottenIds);
  for (const auto& bucket : buckets_) bytes += sizeof(Bucket) + bucket->bytes();
  return bytes;
}

bool ForgottenIds::save(Time from, std::size_t ids_max, v1::Snapshot& to,
                        std::vector<SnapshotPart>& parts) const {
  auto first = buckets_.end();
  for (std::size_t ids = 0; first != buckets_.begin(); --first) {
    const auto& next = *std::prev(first);
    ids += next->size();
    if (next->last_at() < from || ids > ids_max) break;
  }
  auto& saved = *to.mutable_forgotten();
  saved.set_seed(seed_);
  for (auto bucket = first; bucket != buckets_.end(); ++bucket) {
    auto& one = *saved.add_buckets();
    one.set_first_sequence((*bucket)->first_sequence());
    *one.mutable_first_at() = to_timestamp((*bucket)->first_at());
    *one.mutable_last_at() = to_timestamp((*bucket)->last_at());
    if (!(*bucket)->sealed()) {
      one.set_entries(*(*bucket)->entries());
      continue;
    }
    if (bucket->name.empty()) bucket->name = name_of(*(*bucket)->entries());
    one.set_part(bucket->name);
    parts.push_back({bucket->name, (*bucket)->entries()});
  }
  return first == buckets_.begin();
}

std::unique_ptr<ForgottenIds> ForgottenIds::restore(const v1::Snapshot& from,
                                                    const std::vector<SnapshotPart>& parts) {
  auto ids = std::make_unique<ForgottenIds>();
  ids->seed_ = from.forgotten().seed();
  for (const auto& saved : from.forgotten().buckets()) {
    auto entries = std::make_shared<std::string>(saved.entries());
    if (!saved.part().empty()) {
      const auto part = std::ranges::find(parts, saved.part(), &SnapshotPart::name);
      if (part == parts.end() || name_of(*part->bytes) != part->name) return nullptr;
      *entries = *part->bytes;
    }
    Bucket bucket{.ids = IdBucket::of(std::move(entries), saved.first_sequence(),
                                      to_time(saved.first_at()), to_time(saved.last_at())),
                  .name = saved.part()};
    if (!bucket.ids) return nullptr;
    if (!saved.part().empty()) bucket->seal();
    ids->size_ += bucket->size();
    ids->buckets_.push_back(std::move(bucket));
  }
  return ids;
}

}  // namespace troupe::engine

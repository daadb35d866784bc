// The ids of commands that an instance's memory no longer holds, in buckets by age.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/engine/history/id_bucket.hpp"
#include "runtime/ports/snapshots.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine {

/// Without a gap from the oldest known to the newest. Grows at both ends: by what the memory
/// forgets and by what is read back from the log. An id that is not here was not recorded in that
/// time; of one that is, the log knows with what answer.
class ForgottenIds {
public:
  ForgottenIds();

  /// A bucket takes the commands of so long at most, so that it goes when they are too old.
  static constexpr std::chrono::minutes bucket_span{3};

  /// One newer than all others.
  void add(std::string_view id, std::uint64_t sequence, Time committed_at);
  /// One older than all others.
  void add_older(std::string_view id, std::uint64_t sequence, Time committed_at);

  /// Lets whole buckets go, oldest first: those that end before `before`, and others while there
  /// are more than `ids_max`. True when one went.
  bool let_go(Time before, std::size_t ids_max);

  /// The places in the log where its commit may be.
  std::vector<std::uint64_t> find(std::string_view id) const;

  bool empty() const noexcept { return buckets_.empty(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes() const noexcept;  ///< of memory, about
  /// Of the oldest. REQUIRES: not empty.
  std::uint64_t first_sequence() const noexcept { return buckets_.front()->first_sequence(); }
  Time first_at() const noexcept { return buckets_.front()->first_at(); }
  /// Of the oldest that was not read back, if any.
  std::optional<Time> own_first_at() const noexcept;

  /// The newest buckets: those that do not end before `from`, `ids_max` ids at most. Sealed ones
  /// become parts of the snapshot. True when these are all.
  bool save(Time from, std::size_t ids_max, v1::Snapshot& to,
            std::vector<SnapshotPart>& parts) const;
  /// Null when a part is missing or is not what it was.
  static std::unique_ptr<ForgottenIds> restore(const v1::Snapshot& from,
                                               const std::vector<SnapshotPart>& parts);

private:
  struct Bucket {
    std::unique_ptr<IdBucket> ids = std::make_unique<IdBucket>();
    bool read_back = false;      // grows by older ones
    mutable std::string name{};  // as a part of a snapshot, once it was one

    IdBucket* operator->() const { return ids.get(); }
  };

  std::uint32_t fingerprint_of(std::string_view id) const;

  std::uint64_t seed_;
  std::deque<Bucket> buckets_;  // oldest first
  std::size_t size_ = 0;        // of all
};

}  // namespace troupe::engine

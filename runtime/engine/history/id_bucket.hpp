// The ids of many commands in 12 bytes each: enough to tell that one is not among them, and where
// to look for one that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <troupe/aggregate.hpp>

namespace troupe::engine {

/// Of each id it has a fingerprint of 32 bits and the place of its commit in the log. An id that is
/// not here is found by mistake once in 2^32 times for each that is; the log tells the difference.
///
/// The entries lie in one string, 8 bytes each, which is also how they are kept in a snapshot; the
/// table beside it finds them.
class IdBucket {
public:
  static constexpr std::size_t ids_max = 65'535;

  IdBucket() : entries_(std::make_shared<std::string>()) {}

  /// Nothing when the entries are not what a bucket can have.
  static std::unique_ptr<IdBucket> of(std::shared_ptr<std::string> entries,
                                      std::uint64_t first_sequence, Time first_at, Time last_at);

  /// Whether it has room for a commit at this place.
  bool takes(std::uint64_t sequence) const noexcept;

  /// In any order. REQUIRES: takes(sequence).
  void add(std::uint32_t fingerprint, std::uint64_t sequence, Time committed_at);

  /// Appends the places of those that may be it.
  void find(std::uint32_t fingerprint, std::vector<std::uint64_t>& sequences) const;

  /// Nothing is added any more: gives back what that would have needed.
  void seal();
  bool sealed() const noexcept { return sealed_; }

  std::size_t size() const noexcept { return entries_->size() / entry_bytes; }
  std::size_t bytes() const noexcept;  ///< of memory, about
  std::uint64_t first_sequence() const noexcept { return first_sequence_; }
  Time first_at() const noexcept { return first_at_; }
  Time last_at() const noexcept { return last_at_; }
  std::shared_ptr<const std::string> entries() const noexcept { return entries_; }

private:
  static constexpr std::size_t entry_bytes = sizeof(std::uint64_t);

  std::uint64_t entry(std::size_t index) const noexcept;
  void put_into_table(std::size_t index) noexcept;
  void make_table();

  std::shared_ptr<std::string> entries_;  // fingerprint above, low half of the sequence below
  std::vector<std::uint16_t> table_;      // by fingerprint; 0: empty, else the entry's number
  std::uint64_t first_sequence_ = 0;      // the least of all
  std::uint64_t last_sequence_ = 0;
  Time first_at_;
  Time last_at_;
  bool sealed_ = false;
};

}  // namespace troupe::engine

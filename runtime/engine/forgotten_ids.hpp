// Fingerprints of the command ids that a busy instance's memory had to drop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

#include "runtime/domain/aggregate.hpp"

namespace troupe::engine {

/// Tells a new command from a repeat where the memory itself reaches back less far than clocks may
/// differ: an id that is not here, of a command committed after `complete_after`, was never seen.
/// An id that is here was seen, but for one chance in 2^64 each; only the log says with what
/// answer.
class ForgottenIds {
public:
  /// It reaches back at least so far in event time, by two halves of which the older one goes.
  static constexpr std::chrono::seconds half_span{90};
  /// Less far when so many come in one half: 40 MB in all.
  static constexpr std::size_t half_max = 512UL * 1'024;

  /// Of what was forgotten up to then nothing is known.
  explicit ForgottenIds(Time complete_after) : complete_after_(complete_after) {}

  /// In the order of their commits.
  void add(std::string_view id, Time committed_at);

  bool contains(std::string_view id) const;
  Time complete_after() const noexcept { return complete_after_; }
  std::size_t bytes() const noexcept;  ///< of memory, about

private:
  struct Half {
    std::unordered_set<std::uint64_t> fingerprints;
    Time first;
    Time last;
  };

  Half older_;
  Half newer_;
  Time complete_after_;
};

}  // namespace troupe::engine

// Counts durations in buckets of equal relative width, as HdrHistogram does.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::tool {

/// A duration is known to 1/64 of itself, from 1 ns to 2^40 ns (18 minutes; longer ones count as
/// that). Takes 18 KB and never grows. Not thread safe.
class Histogram {
public:
  using Duration = std::chrono::nanoseconds;

  void add(Duration duration);
  std::uint64_t count() const noexcept { return count_; }

  /// The duration that `share` (0 to 1) of all do not exceed; 0 when there are none.
  Duration at(double share) const;

private:
  static constexpr unsigned precision_bits = 6;
  static constexpr unsigned largest_bits = 40;
  static constexpr std::size_t per_power = std::size_t{1} << precision_bits;
  static constexpr std::size_t buckets = (largest_bits - precision_bits + 1) * per_power;

  static std::size_t bucket_of(std::uint64_t nanoseconds);
  static std::uint64_t top_of(std::size_t bucket);

  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace troupe::tool

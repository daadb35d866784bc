#include "tools/figures/histogram.hpp"

#include <algorithm>
#include <bit>

namespace troupe::tool {

// Below 64 each value has its own bucket; above, each power of two has 64.
std::size_t Histogram::bucket_of(std::uint64_t nanoseconds) {
  const auto value = std::min(nanoseconds, (std::uint64_t{1} << largest_bits) - 1);
  if (value < per_power) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - precision_bits;
  return shift * per_power + static_cast<std::size_t>(value >> shift);
}

std::uint64_t Histogram::top_of(std::size_t bucket) {
  if (bucket < 2 * per_power) return bucket;
  const auto shift = bucket / per_power - 1;
  return ((bucket - shift * per_power + 1) << shift) - 1;
}

void Histogram::add(Duration duration) {
  ++counts_.at(bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0))));
  ++count_;
}

Histogram::Duration Histogram::at(double share) const {
  const auto wanted = std::max<std::uint64_t>(
      static_cast<std::uint64_t>(share * static_cast<double>(count_) + 0.5), 1);
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    seen += counts_.at(bucket);
    if (seen >= wanted) return Duration(static_cast<std::int64_t>(top_of(bucket)));
  }
  return Duration{0};
}

}  // namespace troupe::tool

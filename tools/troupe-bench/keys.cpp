#include "tools/troupe-bench/keys.hpp"

#include <algorithm>
#include <cmath>

namespace troupe::tool {

Keys::Keys(std::uint64_t instances, double exponent, std::uint64_t seed)
    : random_(seed), uniform_(0, instances - 1) {
  if (exponent <= 0) return;
  double sum = 0;
  for (std::uint64_t k = 1; k <= instances; ++k)
    cumulative_.push_back(sum += 1 / std::pow(static_cast<double>(k), exponent));
}

std::uint64_t Keys::next() {
  if (cumulative_.empty()) return uniform_(random_);
  std::uniform_real_distribution<double> share(0, cumulative_.back());
  const auto found = std::ranges::upper_bound(cumulative_, share(random_));
  const auto last = static_cast<std::ptrdiff_t>(cumulative_.size()) - 1;
  return static_cast<std::uint64_t>(std::min(found - cumulative_.begin(), last));
}

}  // namespace troupe::tool

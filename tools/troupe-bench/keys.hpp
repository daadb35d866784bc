// Chooses which instance the next command is for.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace troupe::tool {

/// Numbers below `instances`: all equally often, or by Zipf's law, where the k-th most frequent
/// comes in proportion to 1 / k^exponent. Repeats for a seed. Not thread safe.
class Keys {
public:
  /// `exponent` 0: uniform. Takes 8 bytes per instance unless uniform.
  Keys(std::uint64_t instances, double exponent, std::uint64_t seed);

  std::uint64_t next();

private:
  std::mt19937_64 random_;
  std::uniform_int_distribution<std::uint64_t> uniform_;
  std::vector<double> cumulative_;  // empty when uniform
};

}  // namespace troupe::tool

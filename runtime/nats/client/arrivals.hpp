// Tells when what waits in a queue came in, without a stamp on each.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "runtime/base/steady_time.hpp"

namespace troupe::nats {

/// nats.c says how many messages of a subscription wait, but not since when. What waited at an
/// earlier look had come in by then. Not thread safe.
class Arrivals {
public:
  /// Looks are kept at this distance: what came in between two counts as of the second.
  static constexpr std::chrono::milliseconds apart{32};
  /// Older than so many looks reach back, a message counts as younger than it is.
  static constexpr std::size_t looks_max = 64;

  /// The oldest is taken out of the queue. When it had come in, at the latest.
  SteadyTime take(SteadyTime now);
  /// So many are in the queue.
  void look(SteadyTime now, std::size_t waiting);

private:
  struct Look {
    SteadyTime at;
    std::uint64_t arrived = 0;  ///< since the beginning, taken out or not
  };

  const Look& oldest() const { return looks_[first_ % looks_max]; }
  const Look& newest() const { return looks_[(first_ + count_ - 1) % looks_max]; }

  std::uint64_t taken_ = 0;
  std::array<Look, looks_max> looks_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace troupe::nats

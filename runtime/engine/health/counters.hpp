// What a context counts, written from all threads.
#pragma once

#include <atomic>
#include <cstdint>

namespace troupe::engine {

struct Counters {
  std::atomic<std::uint64_t> instances{0};
  std::atomic<std::uint64_t> commands{0};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> retries{0};
  std::atomic<std::uint64_t> conflicts{0};
  std::atomic<std::uint64_t> unknowns{0};
  std::atomic<std::uint64_t> refusals{0};
  std::atomic<std::uint64_t> parked{0};
  std::atomic<std::uint64_t> effects_in_hand{0};
  std::atomic<std::uint64_t> log_reached{0};  ///< highest sequence that was stored or read

  void reach(std::uint64_t sequence) {
    auto last = log_reached.load();
    while (last < sequence && !log_reached.compare_exchange_weak(last, sequence)) {
    }
  }
};

}  // namespace troupe::engine

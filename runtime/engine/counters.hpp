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
  std::atomic<std::uint64_t> parked{0};
  std::atomic<std::uint64_t> open_effects{0};
};

}  // namespace troupe::engine

// Waits for something another process does and does not announce.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace troupe::test {

/// True as soon as `holds()` is; false when it is not within `patience`. Looks again every
/// `between_looks`: for conditions of other processes, which no condition variable can signal.
template <class Holds>
bool eventually(std::chrono::milliseconds patience, Holds&& holds) {
  constexpr std::chrono::milliseconds between_looks{20};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    never.wait_for(lock, between_looks);
  }
  return true;
}

}  // namespace troupe::test

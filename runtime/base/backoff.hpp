// Pauses between tries that grow and stay bounded.
#pragma once

#include <algorithm>
#include <chrono>

namespace troupe::engine {

class Backoff {
public:
  constexpr Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
      : first_(first), most_(most), next_(first) {}

  constexpr std::chrono::milliseconds next() {
    const auto pause = next_;
    next_ = std::min(next_ * 2, most_);
    return pause;
  }
  constexpr void reset() { next_ = first_; }

private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
};

}  // namespace troupe::engine

// Which slots of a context this node serves, by leases that are renewed in the background.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "runtime/ports/clock.hpp"
#include "runtime/ports/leases.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::engine {

/// Thread safety: holds and certain from any thread, the others from one thread.
class Slots {
public:
  /// Called with each slot that is lost or taken, while it is not held: what is in memory of its
  /// instances may be old.
  using Changed = std::function<void(std::uint32_t slot)>;

  Slots(Leases& leases, const Clock& clock, Token context, std::chrono::milliseconds ttl,
        Changed changed);

  bool holds(std::uint32_t slot) const noexcept { return held_[slot].load(); }

  /// False when the leases may have run out: what the instances know may be old.
  bool certain() const noexcept;

  /// Takes what is free and renews what is held. While the store is away everything stays as it
  /// is: the append's expected sequence is the safety. Blocks.
  void renew();

  /// Gives everything back. Blocks.
  void release();

private:
  Leases& leases_;
  const Clock& clock_;
  const Token context_;
  const std::chrono::milliseconds ttl_;
  const Changed changed_;
  std::array<std::atomic<bool>, slots_default> held_{};
  std::atomic<std::chrono::steady_clock::time_point> renewed_{};
  bool store_away_ = false;  // told once
};

}  // namespace troupe::engine

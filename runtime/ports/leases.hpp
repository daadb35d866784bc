// Who should run which slot: an optimisation. The append's expected sequence is the safety.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "runtime/ports/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// A slot's lease: held by one node at a time, until it is released or `ttl` passes without
/// renewal. Thread safety: any method from any thread. All methods block until the store has
/// answered.
class Leases {
public:
  virtual ~Leases() = default;

  /// Takes those of the wanted slots that nobody else holds and renews those this node holds.
  /// Returns the slots held after the call. A failure says nothing about what is held.
  virtual Result<std::vector<std::uint32_t>> hold(const Token& context,
                                                  const std::vector<std::uint32_t>& wanted,
                                                  std::chrono::milliseconds ttl) = 0;

  /// Gives up slots of this node; slots it does not hold are left alone.
  virtual Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) = 0;
};

}  // namespace troupe

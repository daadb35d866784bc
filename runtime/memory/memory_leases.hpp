// Slot leases in memory, shared by the nodes of one process.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "runtime/ports/clock.hpp"
#include "runtime/ports/leases.hpp"

namespace troupe::memory {

/// Who holds what; the place of Redis.
class LeaseTable {
public:
  /// For tests: while unavailable every call fails as retryable.
  void set_available(bool available);
  /// For tests: loses everything, as Redis does on FLUSHALL.
  void lose_everything();

private:
  friend class MemoryLeases;
  struct Lease {
    std::uint64_t holder = 0;
    std::chrono::steady_clock::time_point until;
  };

  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, Lease> leases_;  // by context and slot
  std::uint64_t last_holder_ = 0;
  bool available_ = true;
};

/// One node's view of a table. Nodes that compete for slots share the table.
class MemoryLeases final : public Leases {
public:
  /// With the machine's clock and a table of its own.
  MemoryLeases();
  explicit MemoryLeases(const Clock& clock, std::shared_ptr<LeaseTable> table = nullptr);

  Result<std::vector<std::uint32_t>> hold(const Token& context,
                                          const std::vector<std::uint32_t>& wanted,
                                          std::chrono::milliseconds ttl) override;
  Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) override;

  LeaseTable& table() { return *table_; }

private:
  const Clock& clock_;
  const std::shared_ptr<LeaseTable> table_;
  std::uint64_t holder_ = 0;
};

}  // namespace troupe::memory

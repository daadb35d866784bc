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
    std::string holder;
    std::chrono::steady_clock::time_point until;
  };

  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, Lease> leases_;         // by context and slot
  std::map<std::string, std::map<std::string, troupe::Member>> members_;  // by context and holder
  std::uint64_t last_holder_ = 0;
  bool available_ = true;
};

/// One node's view of a table. Nodes that compete for slots share the table.
class MemoryLeases final : public Leases {
public:
  /// With the machine's clock and a table of its own.
  MemoryLeases();
  explicit MemoryLeases(const Clock& clock, std::shared_ptr<LeaseTable> table = nullptr,
                        const std::string& node = "node");

  const std::string& self() const override { return holder_; }
  Result<std::vector<troupe::Member>> beat(const Token& context, const Beat& beat,
                                           const std::vector<std::string>& dead) override;
  Result<std::vector<std::uint32_t>> hold(const Token& context,
                                          const std::vector<std::uint32_t>& wanted,
                                          const std::vector<std::string>& displaced,
                                          std::chrono::milliseconds ttl) override;
  Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) override;
  Result<void> leave(const Token& context) override;

  LeaseTable& table() { return *table_; }

private:
  const Clock& clock_;
  const std::shared_ptr<LeaseTable> table_;
  std::string holder_;
};

}  // namespace troupe::memory

// Claims in memory, shared by the nodes of one process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/memory/worker.hpp"
#include "runtime/ports/claims.hpp"

namespace troupe::memory {

/// The last claim of each slot; the place of stream CTL. Any number of nodes share one; they and
/// everything they follow must be gone before it.
class MemoryClaims final : public Claims {
public:
  MemoryClaims() = default;

  Result<std::uint32_t> agree_on_slots(std::uint32_t wanted) override;
  std::unique_ptr<Subscription> follow(const Token& context, ClaimHandler& handler) override;
  bool reachable() const override { return true; }
  void record(const Token& context, const Claim& claim, std::uint64_t after, Claimed done) override;

private:
  /// Somebody who follows, until its handle is destroyed.
  struct Follower {
    std::string context;
    std::mutex mutex;
    ClaimHandler* handler;  // under mutex; null when it is over
  };
  class Following;

  std::mutex mutex_;  // guards what follows
  std::optional<std::uint32_t> slots_;
  std::uint64_t sequence_ = 0;
  std::map<std::pair<std::string, std::uint32_t>, Claim> last_;  // by context and slot
  std::vector<std::weak_ptr<Follower>> followers_;

  Worker worker_;  // last: tells, with the others
};

}  // namespace troupe::memory

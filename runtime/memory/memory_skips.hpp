// Decisions to skip a message, in memory, shared by the nodes of one process.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "runtime/memory/worker.hpp"
#include "runtime/ports/skips.hpp"

namespace troupe::memory {

/// The place of stream CTL. Any number of nodes share one; they and everything they follow must be
/// gone before it.
class MemorySkips final : public Skips {
public:
  std::unique_ptr<Subscription> follow(SkipHandler& handler) override;
  Result<std::vector<Skip>> list(const std::string& stream) override;
  Result<void> record(const Skip& skip) override;

private:
  /// Somebody who follows, until its handle is destroyed.
  struct Follower {
    std::mutex mutex;
    SkipHandler* handler = nullptr;  // under mutex; null when it is over
  };
  class Following;

  std::mutex mutex_;                                            // guards what follows
  std::map<std::pair<std::string, std::uint64_t>, Skip> last_;  // by stream and sequence
  std::vector<std::weak_ptr<Follower>> followers_;

  Worker worker_;  // last: tells, with the others
};

}  // namespace troupe::memory

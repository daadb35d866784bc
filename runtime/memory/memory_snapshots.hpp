// Snapshots in memory.
#pragma once

#include <mutex>
#include <unordered_map>

#include "runtime/ports/snapshots.hpp"

namespace troupe::memory {

/// Completions run on the caller's thread.
class MemorySnapshots final : public Snapshots {
public:
  void put(const Subject& instance, std::uint64_t version, std::string bytes) override;
  void get(const Subject& instance, Found done) override;

  /// For tests: while unavailable nothing is kept and asking fails as retryable.
  void set_available(bool available);
  /// For tests: loses everything, as Redis does on FLUSHALL.
  void lose_everything();

private:
  struct Kept {
    std::uint64_t version = 0;
    std::string bytes;
  };

  std::mutex mutex_;
  std::unordered_map<Subject, Kept> kept_;
  bool available_ = true;
};

}  // namespace troupe::memory

// Snapshots in memory.
#pragma once

#include <mutex>
#include <unordered_map>

#include "runtime/ports/snapshots.hpp"

namespace troupe::memory {

/// Completions run on the caller's thread.
class MemorySnapshots final : public Snapshots {
public:
  void put(const Subject& instance, Snapshot snapshot) override;
  void get(const Subject& instance, Found done) override;

  /// For tests: while unavailable nothing is kept and asking fails as retryable.
  void set_available(bool available);
  /// For tests: loses everything, as Redis does on FLUSHALL.
  void lose_everything();

private:
  std::mutex mutex_;
  std::unordered_map<Subject, Snapshot> kept_;
  bool available_ = true;
};

}  // namespace troupe::memory

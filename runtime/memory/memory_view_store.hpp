// Rows and checkpoints of views in memory.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "runtime/ports/view_store.hpp"

namespace troupe::memory {

class MemoryViewStore final : public ViewStore {
public:
  Result<std::uint64_t> checkpoint(const ViewName& view) override;
  Result<ViewContent> rows(const ViewName& view, const std::vector<std::string>& keys) override;
  Result<Applied> apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                        const Rows& rows) override;
  Result<ViewContent> all(const ViewName& view) override;
  Result<void> clear(const ViewName& view) override;

  /// For tests: while unavailable every call fails as retryable.
  void set_available(bool available);
  /// For tests: loses everything, as Redis does on FLUSHALL.
  void lose_everything();
  /// For tests: loses a view's checkpoint and keeps its rows.
  void lose_checkpoint(const ViewName& view);
  /// For tests: no view gets beyond this sequence, applies that would fail as retryable.
  void hold_at(std::uint64_t sequence);

private:
  std::mutex mutex_;
  std::map<std::string, ViewContent> views_;
  bool available_ = true;
  std::uint64_t held_at_ = UINT64_MAX;
};

}  // namespace troupe::memory

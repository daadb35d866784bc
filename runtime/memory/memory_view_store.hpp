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
  Result<Rows> rows(const ViewName& view, const std::vector<std::string>& keys) override;
  Result<Applied> apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                        const Rows& rows) override;
  Result<Rows> all(const ViewName& view) override;
  Result<void> clear(const ViewName& view) override;

  /// For tests: while unavailable every call fails as retryable.
  void set_available(bool available);
  /// For tests: loses everything, as Redis does on FLUSHALL.
  void lose_everything();

private:
  struct View {
    std::uint64_t checkpoint = 0;
    Rows rows;
  };

  std::mutex mutex_;
  std::map<std::string, View> views_;
  bool available_ = true;
};

}  // namespace troupe::memory

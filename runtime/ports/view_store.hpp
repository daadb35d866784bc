// Where views keep their rows and their checkpoint. Holds nothing that the log cannot rebuild.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// Names a view within the whole system.
struct ViewName {
  Token context;
  Token view;
};

using Rows = std::map<std::string, std::string, std::less<>>;  ///< key -> serialised row

/// Rows, and up to where they are folded, as of one moment.
struct ViewContent {
  std::uint64_t checkpoint = 0;
  Rows rows;
};

/// What became of an apply.
struct Applied {
  bool written = false;          ///< false: the checkpoint was not `from`; nothing was written
  std::uint64_t checkpoint = 0;  ///< as it is now
};

/// Rows count only together with a checkpoint: a store may lose either, and a view without a
/// checkpoint is one that was never there, whatever rows are left of it.
/// Thread safety: any method from any thread. All methods block until the store has answered, at
/// most for the store's own timeout.
class ViewStore {
public:
  virtual ~ViewStore() = default;

  /// Stream sequence up to which the view has been folded; 0 when it is new or was lost.
  virtual Result<std::uint64_t> checkpoint(const ViewName& view) = 0;

  /// The rows that exist, of those asked for.
  virtual Result<ViewContent> rows(const ViewName& view, const std::vector<std::string>& keys) = 0;

  /// Writes rows and moves the checkpoint from `from` to `to` in one step, or does neither. From 0
  /// it drops what rows are left, so that a view begins from nothing.
  virtual Result<Applied> apply(const ViewName& view, std::uint64_t from, std::uint64_t to,
                                const Rows& rows) = 0;

  /// Every row; for checks and audits, not for queries.
  virtual Result<ViewContent> all(const ViewName& view) = 0;

  /// Forgets rows and checkpoint, so that the projector starts from the beginning.
  virtual Result<void> clear(const ViewName& view) = 0;
};

}  // namespace troupe

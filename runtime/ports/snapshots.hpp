// Disposable copies of folds, so that loading an instance need not read its whole history.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "runtime/ports/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// Thread safety: any method from any thread. `done` runs exactly once, on a thread of the store's
/// or on the caller's, and must not block.
class Snapshots {
public:
  using Found = std::function<void(Result<std::optional<std::string>>)>;

  virtual ~Snapshots() = default;

  /// Keeps `bytes` (a serialised troupe.v1.Snapshot at `version`) unless it has a newer one. May
  /// drop it silently when busy or down: a snapshot is only ever a shortcut.
  virtual void put(const Subject& instance, std::uint64_t version, std::string bytes) = 0;

  /// The newest snapshot kept, if any.
  virtual void get(const Subject& instance, Found done) = 0;
};

}  // namespace troupe

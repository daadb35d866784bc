// Disposable copies of folds, so that loading an instance need not read its whole history.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// What is too large to be written with each snapshot and does not change from one to the next.
struct SnapshotPart {
  std::string name;  ///< says what it is: parts of one name are the same
  std::shared_ptr<const std::string> bytes;
};

struct Snapshot {
  std::uint64_t version = 0;  ///< of the instance
  std::string bytes;          ///< a serialised troupe.v1.Snapshot
  std::vector<SnapshotPart> parts{};
};

/// Thread safety: any method from any thread. `done` runs exactly once, on a thread of the store's
/// or on the caller's, and must not block.
class Snapshots {
public:
  using Found = std::function<void(Result<std::optional<Snapshot>>)>;

  virtual ~Snapshots() = default;

  /// Keeps it, with all its parts and no others, unless there is one of a newer version. Parts that
  /// are kept already are not written again. May drop it silently when busy or down: a snapshot is
  /// only ever a shortcut.
  virtual void put(const Subject& instance, Snapshot snapshot) = 0;

  /// The newest snapshot kept, if any.
  virtual void get(const Subject& instance, Found done) = 0;
};

}  // namespace troupe

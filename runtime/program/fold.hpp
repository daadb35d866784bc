// Folds the commits of one instance into its state, now or as it was at some time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <google/protobuf/timestamp.pb.h>

#include "runtime/engine/history/fold.hpp"
#include "runtime/engine/history/stored_commit.hpp"

namespace troupe::program {

/// All that lies under an instance's subject. Blocks.
Result<std::vector<StoredCommit>> load_and_wait(EventLog& log, const Subject& subject);

struct Folded {
  engine::Fold fold;                   ///< version 0: nothing had happened yet
  std::vector<v1::Commit> commits;     ///< those that were folded
  std::vector<std::uint64_t> skipped;  ///< sequences of what was passed over
};

/// As a node does. With `until`, leaves out what was committed later. Fails with a sentence on the
/// first message that this program cannot fold.
Result<Folded> fold_instance(const AggregateModel& model, const engine::CommitReader& reader,
                             const std::vector<StoredCommit>& stored,
                             const std::optional<google::protobuf::Timestamp>& until);

}  // namespace troupe::program

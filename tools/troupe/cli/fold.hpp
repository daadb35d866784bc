// Folds the commits of one instance into its state, now or as it was at some time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <google/protobuf/timestamp.pb.h>

#include "runtime/domain/model.hpp"
#include "runtime/ports/event_log.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::tool {

struct Folded {
  std::uint64_t version = 0;  ///< 0: nothing had happened yet
  MessagePtr state;
  std::vector<v1::Commit> commits;  ///< those that were folded
};

/// With `until`, leaves out what was committed later. Fails on a commit that this program cannot
/// read or whose version is not the next one.
Result<Folded> fold_instance(const AggregateModel& model, const std::vector<StoredCommit>& stored,
                             const std::optional<google::protobuf::Timestamp>& until);

}  // namespace troupe::tool

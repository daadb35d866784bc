// What an earlier version of Troupe left behind, at a node's start.
#pragma once

#include <vector>

#include <troupe/model.hpp>
#include "runtime/ports/high_water_marks.hpp"
#include "runtime/ports/stream_inspector.hpp"
#include "runtime/redis/redis_options.hpp"

namespace troupe::host {

/// Removes the keys of these contexts that do not name their system, after their marks of streams
/// were carried over to `marks`. Only where the mark of a context's stream is of the acceptance
/// that CTL has of it: other keys may be those of another system, and stay. What fails is said in
/// the log, and done at the next start. Blocks.
void remove_what_earlier_versions_left(const redis::RedisOptions& redis, StreamInspector& inspector,
                                       HighWaterMarks& marks,
                                       const std::vector<ContextModel>& contexts);

}  // namespace troupe::host

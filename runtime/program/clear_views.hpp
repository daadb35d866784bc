// Views that were made of something that is not, or is no longer, in the log.
#pragma once

#include <cstdint>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::program {

/// Clears the context's views that have folded anything beyond sequence `sound`, and says so; nodes
/// build them again.
Result<void> clear_views(ViewStore& views, const ContextModel& model, std::uint64_t sound);

}  // namespace troupe::program

// Checks a finished run against the invariants of the order flow. Deterministic and offline: a
// stored run can be checked again for ever.
#pragma once

#include "tools/troupe/check/report.hpp"
#include "tools/troupe/check/run.hpp"

namespace troupe::tool {

/// Reactions and timers are the product's own where the question is who asked for what; orders,
/// stock, money and views are recomputed independently. Linear in the size of the run, but for
/// sorting.
Report check(const FinishedRun& run);

}  // namespace troupe::tool

// Checks a finished run against the invariants of the order flow. Deterministic and offline: a
// stored run can be checked again for ever.
#pragma once

#include <vector>

#include <troupe/model.hpp>
#include "runtime/check/run/report.hpp"
#include "runtime/check/run/run.hpp"

namespace troupe::tool {

/// Reactions and timers are the product's own where the question is who asked for what, decide and
/// evolve where it is whether an answer was right; orders, stock, money and views are recomputed
/// independently. What the run does not hold is reported as not checked. Linear in the size of the
/// run, but for sorting.
Report check(const FinishedRun& run);

/// The same with other declarations than this program's.
Report check(const FinishedRun& run, const std::vector<ContextModel>& models);

/// What another version of this program is to compare with.
StateHashes fold_states(const FinishedRun& run);

}  // namespace troupe::tool

// Checks a finished run against the invariants that hold for any domain, and the program's own.
// Deterministic and offline: a stored run can be checked again for ever.
#pragma once

#include <vector>

#include <troupe/model.hpp>
#include "runtime/check/run/domain_invariants.hpp"
#include "runtime/check/run/report.hpp"
#include "runtime/check/run/run.hpp"

namespace troupe::check {

/// Reactions and timers are the program's own where the question is who asked for what, decide and
/// evolve where it is whether an answer was right, projections where it is what a view should hold.
/// What the run does not hold is reported as not checked. Linear in the size of the run, but for
/// sorting. `own`: of the program's domain, or null.
Report check_run(const FinishedRun& run, const std::vector<ContextModel>& models,
                 const DomainInvariants* own = nullptr);

/// What another version of the program is to compare with.
StateHashes fold_states(const FinishedRun& run, const std::vector<ContextModel>& models);

}  // namespace troupe::check

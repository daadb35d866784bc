// Runs all checks.
#include "runtime/check/check.hpp"

#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

/// Everything that clients were told, against the log.
void check_told(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  check_clients(run, all, report);
  if (!run.run().history) return;
  check_real_time(run, all, report);
  check_answers(run, all, report);
}

}  // namespace

Report check_run(const FinishedRun& run, const std::vector<ContextModel>& models,
                 const DomainInvariants* own) {
  Report report(own != nullptr ? own->rules() : std::vector<Invariant>{});
  const DecodedRun decoded(run, models, report);
  check_log(decoded, report);
  const AskedCommands asked(decoded);
  check_causes(decoded, asked, report);
  check_handled(decoded, asked, report);

  const auto all = run.history ? told_by_command(*run.history) : ToldByCommand{};
  check_told(decoded, all, report);
  const auto control =
      run.control ? std::optional<ControlLog>(std::in_place, *run.control, report) : std::nullopt;
  const auto* claims = control ? &*control : nullptr;
  check_writers(decoded, claims, all, report);
  check_streams(decoded, claims, report);
  check_availability(decoded, report);
  check_processes(decoded, report);
  check_views(decoded, report);
  check_readers(decoded, report);
  check_stuck(decoded, report);
  compare_states(check_folds(decoded, report), run.states, report);
  if (own != nullptr) own->check(decoded, all, report);
  return report;
}

StateHashes fold_states(const FinishedRun& run, const std::vector<ContextModel>& models) {
  Report ignored;
  return check_folds(DecodedRun(run, models, ignored), ignored);
}

}  // namespace troupe::check

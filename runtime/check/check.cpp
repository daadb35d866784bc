// Runs all checks, and says which of them a run is too small for.
#include "runtime/check/check.hpp"

#include <string>

#include "actors/all.hpp"
#include "runtime/check/invariants/invariants.hpp"

namespace troupe::tool {

namespace {

/// Everything that clients were told, against the log.
void check_told(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  check_clients(run, all, report);
  if (!run.run().history) return;
  check_real_time(run, all, report);
  check_answers(run, all, report);
}

}  // namespace

Report check(const FinishedRun& run) { return check(run, all_contexts()); }

Report check(const FinishedRun& run, const std::vector<ContextModel>& models) {
  Report report;
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

  const auto books = read_books(decoded, report);
  if (decoded.missing().empty()) {
    check_endings(books, decoded.poison(), report);
  } else {
    std::string missing;
    for (const auto& context : decoded.missing()) missing += ' ' + context;
    for (const auto* id : {"I10", "I11", "I12", "I13"})
      report.not_checked(id, "how orders ended needs the logs of:" + missing);
  }
  check_effects(decoded, books, report);
  check_views(decoded, report);
  check_readers(decoded, report);
  check_stuck(decoded, books, report);
  compare_states(check_folds(decoded, report), run.states, report);
  return report;
}

StateHashes fold_states(const FinishedRun& run) {
  Report ignored;
  const auto models = all_contexts();
  return check_folds(DecodedRun(run, models, ignored), ignored);
}

}  // namespace troupe::tool

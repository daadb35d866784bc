// Runs all checks, and says which of them a run is too small for.
#include "tools/troupe/check/check.hpp"

#include <string>

#include "actors/all.hpp"
#include "tools/troupe/check/invariants.hpp"

namespace troupe::tool {

Report check(const FinishedRun& run) {
  Report report;
  const auto models = all_contexts();
  const DecodedRun decoded(run, models, report);
  check_log(decoded, report);
  check_causes(decoded, report);
  check_clients(decoded, report);

  const auto books = read_books(decoded, report);
  if (decoded.missing().empty()) {
    check_endings(books, report);
  } else {
    std::string missing;
    for (const auto& context : decoded.missing()) missing += ' ' + context;
    for (const auto* id : {"I10", "I11", "I12", "I13"})
      report.not_checked(id, "how orders ended needs the logs of:" + missing);
  }
  check_effects(decoded, books, report);
  check_views(decoded, report);
  check_stuck(decoded, books, report);
  return report;
}

}  // namespace troupe::tool

// I7: what was known to be in the log before a command was sent stands before it.
#include <limits>
#include <string>

#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

/// The log gives the order; so it is enough to look, along it, for a command that was answered
/// before one that stands in front of it had even been sent.
void check_instance(const std::vector<const DecodedCommit*>& commits, const ToldByCommand& all,
                    Report& report) {
  auto latest_sent = std::numeric_limits<std::int64_t>::min();
  const DecodedCommit* latest = nullptr;
  for (const auto* commit : commits) {
    const auto told = all.find(commit->envelope.command_id());
    if (told == all.end() || told->second.invokes.empty()) continue;
    const auto recorded = told->second.first_recorded_ns();
    if (recorded < latest_sent)
      report.violated("I7",
                      "it was acknowledged at " + std::to_string(recorded) + ", but stands behind "
                          + place(*latest->stored) + ", which was sent only at "
                          + std::to_string(latest_sent),
                      place(*commit->stored));
    const auto sent = told->second.first_sent_ns();
    if (sent <= latest_sent) continue;
    latest_sent = sent;
    latest = commit;
  }
}

}  // namespace

void check_real_time(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  for (const auto& [subject, commits] : run.instances()) check_instance(commits, all, report);
}

}  // namespace troupe::check

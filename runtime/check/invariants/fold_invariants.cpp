// I24 and I25: an instance's events alone make its state, whoever folds them and however.
#include <string>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/instance_fold.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::check {

namespace {

/// The state's hash, or nothing when folding failed. The second fold passes through a snapshot
/// half-way.
std::optional<std::string> fold_twice(const std::vector<const DecodedCommit*>& commits,
                                      const AggregateModel& model, Report& report) {
  const auto witness = commits.front()->subject();
  InstanceFold once(model), again(model);
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (!once.apply(*commits[i]) || !again.apply(*commits[i])) {
      report.violated("I25", "folding its events fails", place(*commits[i]->stored));
      return std::nullopt;
    }
    if (i == commits.size() / 2) again.pass_through_snapshot();
  }
  const auto bytes = once.bytes();
  if (bytes != again.bytes())
    report.violated("I25", "folding its events once more, through a snapshot, gives another state",
                    witness);
  return std::to_string(once.version()) + ':' + to_hex(sha256(bytes));
}

}  // namespace

StateHashes check_folds(const DecodedRun& run, Report& report) {
  StateHashes states;
  for (const auto& [subject, commits] : run.instances()) {
    const auto* model = run.model_of(commits.front()->instance);
    if (model == nullptr) continue;  // it lies in another context's stream, and I22 tells
    if (auto state = fold_twice(commits, *model, report))
      states.emplace(subject, *std::move(state));
  }
  return states;
}

void compare_states(const StateHashes& here, const std::optional<StateHashes>& there,
                    Report& report) {
  if (!there)
    return report.not_checked("I24", "no states folded by another version of this program");
  for (const auto& [subject, state] : *there) {
    const auto found = here.find(subject);
    if (found == here.end() || found->second != state)
      report.violated("I24", "another version of this program folds it to another state", subject);
  }
}

}  // namespace troupe::check

// I17: every event had its effect on those who react to it, in the order of its instance.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/instance_fold.hpp"

namespace troupe::check {

namespace {

/// What one instance was asked for without a commit is tried so many times on its versions.
constexpr std::size_t tries_max = 100'000;

/// A command of a reaction for which there is no commit.
struct Unrecorded {
  const std::string* command_id = nullptr;
  const Asked* asked = nullptr;
  std::uint64_t from = 0;  ///< the oldest version it may have been judged on
};

/// True when the instance, as it stands, answers the command without an event, or refuses it as
/// its reaction declared.
bool explains(const InstanceFold& fold, const Unrecorded& unrecorded) {
  const auto& asked = *unrecorded.asked;
  const auto id = asked.target.substr(asked.target.rfind('.') + 1);
  const auto decision = fold.decide(*asked.command, {.issued_at = asked.cause.commit->time(),
                                                     .instance_id = id,
                                                     .command_id = *unrecorded.command_id});
  if (!decision) return false;
  if (!decision->rejection) return decision->events.empty();
  const auto& expected = asked.reaction->expected;
  return std::find(expected.begin(), expected.end(), *decision->rejection) != expected.end();
}

/// The oldest version at which the target can have heard of the command: the newest of its versions
/// in the past of the event that asks, which are what that event's instance did before and what
/// asked for that, and so on.
std::uint64_t heard_at_least(const DecodedRun& run, const Asked& asked) {
  constexpr std::size_t commits_visited_max = 500;
  std::vector<const DecodedCommit*> past{asked.cause.commit};
  std::set<const DecodedCommit*> known(past.begin(), past.end());
  const auto add = [&](const std::optional<EventAt>& event) {
    if (event && known.insert(event->commit).second) past.push_back(event->commit);
  };
  std::uint64_t version = 0;
  for (std::size_t i = 0; i < past.size() && i < commits_visited_max; ++i) {
    const auto& commit = *past[i];
    if (commit.subject() == asked.target) {
      version = std::max(version, commit.last_version());
      continue;
    }
    add(run.event(commit.subject(), commit.envelope.first_version() - 1));
    if (const auto cause = parse_event_name(commit.envelope.causation_id()))
      add(run.event(cause->subject, cause->version));
  }
  return version;
}

/// What is parked waits for a repair; whether it may be parked is told by I18.
bool is_parked(const DecodedRun& run, const Asked& asked) {
  const auto& source = *asked.cause.commit->stored;
  return run.poison().parked(asked.consumer, source.subject.str(), source.sequence);
}

/// Events of an instance are handled in turn: behind one that is parked nothing goes on.
void check_parked(const DecodedRun& run, const Asked& asked, Report& report) {
  const auto& source = *asked.cause.commit->stored;
  if (run.poison().parked_before(asked.consumer, source.subject.str(), source.sequence))
    report.violated("I17",
                    asked.consumer + " handled " + asked.cause.name()
                        + " although an earlier event of the instance is parked",
                    asked.cause.name());
}

/// Looks for versions of the instance that explain why there is no commit.
void check_unrecorded(const DecodedRun& run, const std::string& target,
                      std::vector<Unrecorded> unrecorded, const AggregateModel& model,
                      Report& report) {
  InstanceFold fold(model);
  std::size_t tries = 0;
  const auto strike_out_explained = [&] {
    tries += unrecorded.size();
    std::erase_if(unrecorded, [&](const auto& one) {
      return fold.version() >= one.from && explains(fold, one);
    });
  };
  strike_out_explained();
  for (const auto* commit : run.commits_on(target)) {
    if (unrecorded.empty()) return;
    if (tries > tries_max)
      return report.not_checked("I17", "too many commands to " + target + " recorded nothing");
    if (!fold.apply(*commit)) return;  // I25 tells
    strike_out_explained();
  }
  for (const auto& one : unrecorded)
    report.violated("I17",
                    one.asked->consumer + " never did what " + one.asked->cause.name()
                        + " asks for: " + one.asked->command_type + " to " + target,
                    one.asked->cause.name());
}

/// What several events of one instance asked of another by one consumer took effect in turn.
void check_order(const std::vector<const DecodedCommit*>& commits, const AskedCommands& asked,
                 Report& report) {
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> heard;
  for (const auto* commit : commits) {
    if (commit->envelope.causation_id().empty()) continue;  // a client's
    const auto* ask = asked.find(commit->envelope.command_id());
    if (ask == nullptr || ask->reaction == nullptr) continue;
    auto& version = heard[{ask->consumer, ask->cause.commit->subject()}];
    if (ask->cause.version() < version)
      report.violated("I17",
                      ask->consumer + " handled " + ask->cause.name() + " after version "
                          + std::to_string(version),
                      place(*commit->stored));
    version = std::max(version, ask->cause.version());
  }
}

}  // namespace

void check_handled(const DecodedRun& run, const AskedCommands& asked, Report& report) {
  std::map<std::string_view, std::vector<Unrecorded>> unrecorded;  // by target
  for (const auto& [command_id, ask] : asked.all()) {
    if (ask.reaction == nullptr) continue;
    if (!ask.command)
      check_parked(run, ask, report);
    else if (!is_parked(run, ask))
      unrecorded[ask.target].push_back(
          {.command_id = &command_id, .asked = &ask, .from = heard_at_least(run, ask)});
  }
  for (auto& [target, commands] : unrecorded) {
    report.count("reactions without events", commands.size());
    if (const auto* model = run.model_of(target))
      check_unrecorded(run, std::string(target), std::move(commands), *model, report);
  }
  for (const auto& [subject, commits] : run.instances()) check_order(commits, asked, report);
  for (const auto& context : run.missing())
    report.not_checked("I17", "the log of " + context + " was not collected");
}

}  // namespace troupe::check

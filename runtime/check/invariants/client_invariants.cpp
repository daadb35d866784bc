// I2, I5, I6 and the clients' part of I4: the log against what clients were told.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "runtime/check/history/client_commands.hpp"
#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

/// I2. What nothing needed to happen for has no versions and cannot be found.
class Acknowledgements {
public:
  Acknowledgements(const DecodedRun& run, Report& report) : report_(report) {
    for (const auto& context : run.contexts())
      if (const auto token = Token::parse(context.model->name))
        contexts_[stream_name(StreamKind::events, *token)] = &context;
  }

  void check(const ClientEvent& event) {
    if (event.accepted.first_version == 0) return;
    const auto context = contexts_.find(event.accepted.stream);
    if (context == contexts_.end()) {
      ++elsewhere_;
      return;
    }
    report_.count("acknowledgements");
    const auto& commits = context->second->commits;
    const auto commit = std::lower_bound(
        commits.begin(), commits.end(), event.accepted.sequence,
        [](const auto& c, std::uint64_t sequence) { return c.stored->sequence < sequence; });
    if (commit == commits.end() || commit->stored->sequence != event.accepted.sequence)
      return lost(event, "acknowledged, but there is no such message");
    const auto target = target_of(event.what.subject);
    if (commit->envelope.command_id() != event.what.command_id || !target
        || commit->subject() != target->events_subject)
      return lost(event, "acknowledged, but another command stands in its place");
    if (commit->envelope.first_version() != event.accepted.first_version
        || commit->last_version() != event.accepted.last_version)
      return lost(event, "acknowledged with other versions than the log has");
  }

  void finish() {
    if (elsewhere_ > 0)
      report_.not_checked("I2", std::to_string(elsewhere_)
                                    + " acknowledgements name streams that were not collected");
  }

private:
  void lost(const ClientEvent& event, std::string_view why) {
    report_.violated("I2", std::string(why),
                     witness(event) + ", " + event.accepted.stream + " sequence "
                         + std::to_string(event.accepted.sequence));
  }

  Report& report_;
  std::map<std::string, const DecodedContext*> contexts_;  // by stream
  std::uint64_t elsewhere_ = 0;
};

/// The clients' part of I4.
void check_announced(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  for (const auto& context : run.contexts()) {
    for (const auto& commit : context.commits) {
      const auto& envelope = commit.envelope;
      if (!envelope.causation_id().empty()) continue;
      if (run.poison().wrote(commit.subject(), envelope.first_version())) continue;
      const auto told = all.find(envelope.command_id());
      if (told == all.end() || told->second.invokes.empty()) {
        report.violated("I4", envelope.command_type() + ": no client sent it",
                        place(*commit.stored));
        continue;
      }
      const auto target = target_of(told->second.subject);
      if (!target || target->events_subject != commit.subject()
          || target->command_type != envelope.command_type())
        report.violated("I4", envelope.command_type() + ": its client sent " + told->second.subject,
                        place(*commit.stored));
    }
  }
}

/// A refusal by the domain is a function of state and command. So if the command was accepted on
/// version v, it cannot have been refused on v, and later its repeat must have been recognised.
/// Another command with the same id (409) says nothing about this one.
void check_rejected(const DecodedRun& run, const std::string& command_id, const Told& told,
                    Report& report) {
  const auto& commits = run.commits_of(command_id);
  if (commits.empty()) return;
  const auto& commit = *commits.front();
  if (told.only_rejected())
    return report.violated("I5", "every try was rejected, and yet it is in the log",
                           witness(*told.rejected.front()) + ": " + place(*commit.stored));
  if (told.only_without_effect())
    return report.violated("I5", "every try was told that nothing needed to happen, and yet it did",
                           witness(*told.accepted.front()) + ": " + place(*commit.stored));
  for (const auto* rejection : told.rejected) {
    const auto& decided_at = rejection->rejection.decided_at;
    if (rejection->rejection.code == RejectionCode::refused && decided_at
        && *decided_at + 1 >= commit.envelope.first_version())
      report.violated("I5",
                      "rejected on version " + std::to_string(*decided_at)
                          + ", but accepted as version "
                          + std::to_string(commit.envelope.first_version()),
                      witness(*rejection) + ": " + place(*commit.stored));
  }
}

/// All events of a command are in one commit, and the next commit follows on the last of them.
void check_unknown(const DecodedRun& run, const std::string& command_id, const Told& told,
                   Report& report) {
  const auto& commits = run.commits_of(command_id);
  if (told.accepted.empty())
    report.count(commits.empty() ? "unknown: did not happen" : "unknown: happened");
  if (commits.empty()) return;
  const auto& commit = *commits.front();
  if (commits.size() > 1)
    return report.violated("I6", "left unknown, and stored in pieces",
                           told.subject + ", command " + command_id + ": "
                               + place(*commits[0]->stored) + " and " + place(*commits[1]->stored));
  const auto& all = run.commits_on(commit.subject());
  const auto next = std::upper_bound(all.begin(), all.end(), commit.envelope.first_version(),
                                     [](std::uint64_t version, const DecodedCommit* other) {
                                       return version < other->envelope.first_version();
                                     });
  if (next != all.end() && (*next)->envelope.first_version() != commit.last_version() + 1)
    report.violated("I6", "left unknown, and some of its events are missing",
                    told.subject + ", command " + command_id + ": " + place(*commit.stored));
}

void count_outcomes(const ToldByCommand& all, Report& report) {
  report.count("commands by clients", all.size());
  for (const auto& [command_id, told] : all) {
    report.count(!told.settled()          ? "commands: unsettled"
                 : !told.accepted.empty() ? "commands: ok"
                                          : "commands: rejected");
    if (told.unknown()) report.count("commands: unknown for a while");
  }
}

}  // namespace

void check_clients(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  const auto& history = run.run().history;
  if (!history) {
    for (const auto* id : {"I2", "I5", "I6", "I7", "I8"})
      report.not_checked(id, "there is no history of what clients were told");
    report.not_checked("I4", "there is no history: commands of clients are taken as they are");
    return;
  }
  Acknowledgements acknowledgements(run, report);
  for (const auto& event : *history)
    if (event.type == ClientEvent::Type::ok) acknowledgements.check(event);
  acknowledgements.finish();

  count_outcomes(all, report);
  check_announced(run, all, report);
  for (const auto& [command_id, told] : all) {
    check_rejected(run, command_id, told, report);
    if (told.unknown()) check_unknown(run, command_id, told, report);
  }
}

}  // namespace troupe::check

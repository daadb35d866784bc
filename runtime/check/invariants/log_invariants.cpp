// I1 and I3: what must hold for any log, whatever its events mean.
#include <string>
#include <unordered_map>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::check {

namespace {

constexpr std::size_t hash_bytes = 32;

/// How far one instance's commits have been followed.
struct Tail {
  std::uint64_t version = 0;
  const StoredCommit* commit = nullptr;
};

void check_stream(const ContextRun& run, Report& report) {
  std::uint64_t expected = 1;
  for (const auto& commit : run.log) {
    if (commit.sequence != expected)
      report.violated("I1", "the stream's sequence should be " + std::to_string(expected),
                      place(commit));
    expected = commit.sequence + 1;
  }
  if (expected != run.last_sequence + 1)
    report.violated("I1",
                    "the stream says that it ends with sequence "
                        + std::to_string(run.last_sequence) + ", the log read from it with "
                        + std::to_string(expected - 1),
                    "stream of " + run.context);
}

void check_envelope(const DecodedCommit& commit, const ContextModel& model, Report& report) {
  const auto& envelope = commit.envelope;
  const auto& instance = commit.instance;
  if (envelope.context() != instance.context.str() || envelope.context() != model.name
      || envelope.aggregate() != instance.aggregate.str() || envelope.id() != instance.id.str())
    report.violated("I1", "the commit says that it belongs to another instance",
                    place(*commit.stored));
  if (!model.aggregate(envelope.aggregate())
      || !model.aggregate(envelope.aggregate())->commands.contains(envelope.command_type()))
    report.violated("I1", "the aggregate takes no command " + envelope.command_type(),
                    place(*commit.stored));
  if (!is_token(envelope.command_id()) || envelope.command_hash().size() != hash_bytes)
    report.violated("I1", "the command's id or hash is malformed", place(*commit.stored));
}

void check_chain(const DecodedCommit& commit, const Tail& tail, Report& report) {
  if (commit.envelope.first_version() != tail.version + 1)
    report.violated("I1",
                    "the version should be " + std::to_string(tail.version + 1) + " but is "
                        + std::to_string(commit.envelope.first_version()),
                    place(*commit.stored));
  const auto expected = tail.commit == nullptr ? std::string() : sha256(tail.commit->bytes);
  if (commit.envelope.previous_hash() != expected)
    report.violated("I1", "the hash of the previous commit does not match", place(*commit.stored));
}

/// What follows a skipped message of an instance has its hash.
void pass_over(const StoredCommit& skipped, Tail& tail) {
  tail = {.version = engine::version_past(skipped, tail.version), .commit = &skipped};
}

}  // namespace

void check_log(const DecodedRun& run, Report& report) {
  for (const auto& context : run.contexts()) {
    check_stream(*context.run, report);
    std::unordered_map<std::string_view, Tail> tails;
    auto skipped = context.skipped.begin();
    for (const auto& commit : context.commits) {
      for (; skipped != context.skipped.end() && (*skipped)->sequence < commit.stored->sequence;
           ++skipped)
        pass_over(**skipped, tails[(*skipped)->subject.str()]);
      check_envelope(commit, *context.model, report);
      auto& tail = tails[commit.subject()];
      check_chain(commit, tail, report);
      tail = {.version = commit.last_version(), .commit = commit.stored};

      const auto& same = run.commits_with(commit);
      if (same.size() > 1 && same.front() == &commit)
        report.violated("I3",
                        "command " + commit.envelope.command_id() + " has "
                            + std::to_string(same.size()) + " commits",
                        place(*same[0]->stored) + " and " + place(*same[1]->stored));
    }
    report.count("instances", tails.size());
  }
}

}  // namespace troupe::check

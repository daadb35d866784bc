#include "runtime/engine/instances/decide.hpp"

#include <algorithm>
#include <utility>

#include <troupe/timestamp.hpp>
#include "runtime/base/traceparent.hpp"

namespace troupe::engine {

namespace {

/// The message is made over and over again, which keeps its memory.
const v1::Commit& commit_of(const InstanceKind& kind, const Fold& fold, const Command& command,
                            std::uint64_t epoch, const std::vector<MessagePtr>& events) {
  thread_local v1::Commit commit;
  commit.Clear();
  commit.set_context(command.instance.context.str());
  commit.set_aggregate(command.instance.aggregate.str());
  commit.set_id(command.instance.id.str());
  commit.set_first_version(fold.version() + 1);
  commit.set_command_id(command.id);
  commit.set_command_type(command.type);
  commit.set_command_hash(command.hash);
  commit.set_correlation_id(command.correlation_id.empty() ? command.id : command.correlation_id);
  // By this it is told from a client's, see remembered().
  if (command.internal) commit.set_causation_id(command.causation_id);
  commit.set_traceparent(legal_traceparent(command.traceparent));
  *commit.mutable_issued_at() = to_timestamp(command.issued_at);
  *commit.mutable_committed_at() =
      to_timestamp(std::max(kind.clock.now(), fold.memory().newest_time()));
  commit.set_node(kind.options.node);
  commit.set_epoch(epoch);
  for (const auto& event : events) commit.add_events()->PackFrom(*event);
  commit.set_previous_hash(fold.commit_hash());
  return commit;
}

}  // namespace

void PendingAppend::acknowledged(std::uint64_t last_sequence) {
  for (auto& entry : entries) {
    auto* accepted = std::get_if<Accepted>(&entry.outcome);
    if (!accepted || accepted->first_version == 0 || accepted->sequence != 0) continue;
    const auto commit = std::ranges::lower_bound(first_versions, accepted->first_version);
    const auto later = static_cast<std::uint64_t>(first_versions.end() - commit) - 1;
    accepted->sequence = last_sequence - later;
  }
}

Outcome repeated(const InstanceKind& kind, const Waiting& waiting, const RememberedCommand& first,
                 std::uint64_t version) {
  if (first.hash != waiting.command.hash)
    return Rejected{RejectionCode::conflict,
                    "command id " + waiting.command.id + " was used for another command before",
                    {},
                    version};
  return Accepted{.first_version = first.first_version,
                  .last_version = first.last_version,
                  .stream = kind.stream,
                  .sequence = first.sequence,
                  .duplicate = !waiting.sent};
}

Outcome decide(const InstanceKind& kind, Fold& fold, const Waiting& waiting,
               PendingAppend& pending) {
  const auto& command = waiting.command;
  const auto version = fold.version();
  if (command.expected_version && *command.expected_version != version)
    return Rejected{RejectionCode::conflict,
                    "version " + std::to_string(*command.expected_version)
                        + " is expected, but it is " + std::to_string(version),
                    {},
                    version};

  const auto decision = kind.model.decide(fold.state(), *command.body,
                                          {.issued_at = command.issued_at,
                                           .instance_id = command.instance.id.str(),
                                           .command_id = command.id});
  if (decision.rejection)
    return Rejected{RejectionCode::refused, command.type + " is refused",
                    std::string(decision.rejection->code), version};
  if (decision.events.empty()) return Accepted{};

  const auto& commit = commit_of(kind, fold, command, pending.epoch, decision.events);
  auto bytes = commit.SerializeAsString();
  if (bytes.size() > commit_bytes_max)
    return Rejected{RejectionCode::too_large,
                    "its events take " + std::to_string(bytes.size()) + " bytes, more than the "
                        + std::to_string(commit_bytes_max) + " of a commit",
                    {},
                    version};
  fold.extend(commit, bytes, decision.events);
  pending.first_versions.push_back(commit.first_version());
  pending.bytes += bytes.size();
  pending.events += decision.events.size();
  pending.commits.push_back(std::move(bytes));
  return Accepted{.first_version = commit.first_version(),
                  .last_version = fold.version(),
                  .stream = kind.stream};
}

}  // namespace troupe::engine

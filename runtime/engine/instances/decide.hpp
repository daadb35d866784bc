// Turns waiting commands into the commits of one append and the answers that go with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/history/fold.hpp"
#include "runtime/engine/instances/instance_kind.hpp"
#include "runtime/ports/command_bus.hpp"

namespace troupe::engine {

/// A command on its way through an instance.
struct Waiting {
  Waiting(Command sent, CommandBus::Answered who_waits)
      : command(std::move(sent)),
        answered(std::move(who_waits)),
        internal_key(command.internal ? memory_key(command.id, true) : std::string()) {}

  /// By which it is remembered.
  const std::string& key() const { return command.internal ? internal_key : command.id; }

  Command command;
  CommandBus::Answered answered;             ///< empty once the answer was given
  std::string internal_key;                  ///< empty for a client's
  bool sent = false;                         ///< an append with its events was handed to the log
  bool crashed = false;                      ///< a handler threw once
  std::optional<RememberedCommand> found{};  ///< in the log
  std::vector<std::uint64_t> ruled_out{};    ///< places in the log where it might have been
  Time looked_back_to = Time::max();         ///< it was not recorded since then
};

/// Commits for one append, and the answers that may be given once it is acknowledged.
struct PendingAppend {
  struct Entry {
    Waiting waiting;
    Outcome outcome;
  };

  std::uint64_t expected = 0;  ///< sequence the instance was at
  std::uint64_t epoch = 0;     ///< of the claim by which this node decides
  std::vector<std::string> commits;
  std::vector<std::uint64_t> first_versions;  ///< of the commits
  std::vector<Entry> entries;
  std::size_t bytes = 0;
  std::uint64_t events = 0;
  bool in_doubt = false;                  ///< a try of it may be in the log, or still arrive
  std::optional<AppendResult> refusal{};  ///< of a later one, which says nothing about that

  std::size_t commits_max = EventLog::append_commits_max;
  static constexpr std::size_t bytes_max = 1'024 * 1'024;
  bool full() const noexcept { return commits.size() >= commits_max || bytes >= bytes_max; }

  /// Completes the answers of commands whose commits have got their places in the log.
  void acknowledged(std::uint64_t last_sequence);
};

/// A commit above this is refused before it is sent.
inline constexpr std::size_t commit_bytes_max = 512 * 1'024;

/// The answer to a command that was recorded before, as `first`.
Outcome repeated(const InstanceKind& kind, const Waiting& waiting, const RememberedCommand& first,
                 std::uint64_t version);

/// Decides one new command on the fold as it is, adds its commit to the append and to the fold, and
/// returns what to answer, once the append is acknowledged if it has commits. Lets exceptions of
/// the domain through; the fold is of no use then, the append unchanged.
Outcome decide(const InstanceKind& kind, Fold& fold, const Waiting& waiting,
               PendingAppend& pending);

}  // namespace troupe::engine

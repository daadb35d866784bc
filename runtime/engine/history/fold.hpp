// What an instance is: its state and everything else that follows from its commits alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/engine/history/command_memory.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/snapshots.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::engine {

/// Exceptions of the domain's evolve pass through apply and extend; the fold is of no use then.
class Fold {
public:
  explicit Fold(const AggregateModel& model);

  const Message& state() const noexcept { return *state_; }
  std::uint64_t version() const noexcept { return version_; }
  std::uint64_t sequence() const noexcept { return sequence_; }  ///< of its last commit in the log
  const std::string& commit_hash() const noexcept { return commit_hash_; }
  const CommandMemory& memory() const noexcept { return memory_; }
  CommandMemory& memory() noexcept { return memory_; }

  /// How much memory it takes, about. Takes as long as the state is large.
  std::size_t bytes() const;

  /// Applies the next commit, which was read from the log as `commit`. Fails permanently, with a
  /// clause, when it does not continue the chain of versions and hashes, or when the program does
  /// not know its events.
  Result<void> apply(const StoredCommit& stored, const v1::Commit& commit);

  /// The next message is skipped: nothing happened, but the next commit stands behind it, has its
  /// hash, and none of its versions.
  void pass_over(const StoredCommit& stored);

  /// Applies a commit that is not in the log yet. REQUIRES: it continues the chain.
  void extend(const v1::Commit& commit, std::string_view bytes,
              const std::vector<MessagePtr>& events);

  /// The last `commits` that were extended are in the log; the last of them at `last_sequence`.
  void acknowledged(std::size_t commits, std::uint64_t last_sequence);

  /// REQUIRES: everything is acknowledged.
  Snapshot snapshot(std::string_view fingerprint) const;

  /// Nothing when it is not a snapshot of this fingerprint.
  static std::optional<Fold> restore(const AggregateModel& model, const Snapshot& kept,
                                     std::string_view fingerprint);

private:
  void add(const v1::Commit& commit, std::string_view bytes, std::uint64_t sequence);

  const AggregateModel* model_;
  MessagePtr state_;
  std::uint64_t version_ = 0;
  std::uint64_t sequence_ = 0;
  std::string commit_hash_;
  CommandMemory memory_;
};

/// What the memory keeps of a commit at `sequence`.
RememberedCommand remembered(const v1::Commit& commit, std::uint64_t sequence);

/// The message inside, or null when its type is not among the prototypes or its bytes are broken.
MessagePtr unpack(const google::protobuf::Any& any,
                  const std::map<std::string, const Message*, std::less<>>& prototypes);

/// The full name of the type of the message inside.
std::string_view type_of(const google::protobuf::Any& any);

/// Names what a snapshot depends on: the code that folds, the schema of the state, and what a
/// snapshot holds.
std::string fingerprint_of(const AggregateModel& model, std::string_view folding_code);

}  // namespace troupe::engine

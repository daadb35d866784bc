// What a message of an event stream is to everybody who reads it: a commit, nothing, or poison.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"
#include "runtime/engine/history/skip_list.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/subject.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::engine {

/// A commit whose names are legal and its subject's, whose versions and times can be counted with,
/// and whose ids may stand in a header. What its events are is for those to find out who want them.
struct ReadCommit {
  Instance instance;
  v1::Commit commit;
};

/// The commit in these bytes, or why they are none, as a clause. What its subject is, is not known.
Result<v1::Commit> parse_commit(std::string_view bytes);

/// The commit at this place of the log, or why there is none, as a clause.
Result<ReadCommit> read_commit(const StoredCommit& stored);

/// The version of an instance behind a message that is skipped. If that is a commit, its versions
/// are not used again: what it asked for has them in its ids. One that is absurdly far ahead uses
/// none.
std::uint64_t version_past(const StoredCommit& skipped, std::uint64_t version);

/// Reads one context's event stream for all who fold it, react to it, show it or check it, so that
/// they agree on every message. Thread safe; the list outlives it.
class CommitReader {
public:
  CommitReader(const SkipList& skips, const Token& context);

  /// Nothing: an operator decided that the message is passed over. Fails permanently when there is
  /// no commit, with a sentence that says where, why and what to do.
  Result<std::optional<ReadCommit>> read(const StoredCommit& stored) const;

  /// Whether an operator decided that it is passed over.
  bool skips(const StoredCommit& stored) const { return skips_.covers(stream_, stored); }

  /// A sentence about a message that is no commit, or no such one as must stand there.
  std::string poison(const StoredCommit& stored, const std::string& why) const;

  const std::string& stream() const noexcept { return stream_; }

private:
  const SkipList& skips_;
  const std::string context_;
  const std::string stream_;
};

}  // namespace troupe::engine

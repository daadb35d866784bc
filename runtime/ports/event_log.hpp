// The log of recorded events: one subject per aggregate instance, one message per commit.
//
// Implemented by runtime/nats (JetStream) and runtime/memory. Both pass
// tests/contract/event_log_test.cpp, which is the precise meaning of the comments below.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/stored_subject.hpp"

namespace troupe {

/// What lies in the log at one sequence: a commit, if nobody but nodes wrote there. Whether it is
/// one is told by engine/stored_commit.hpp alone.
struct StoredCommit {
  std::uint64_t sequence = 0;  ///< in the stream, not in the instance
  StoredSubject subject;
  std::string bytes;  ///< a serialised troupe.v1.Commit, never re-encoded: hashes are over these
};

/// The four answers of an append. There is no fifth: a failure that the log itself did not call a
/// refusal is unknown.
struct AppendResult {
  enum class Outcome {
    acknowledged,  ///< all commits are in the log; `sequence` is the last one's
    conflict,      ///< not appended now: the subject was not at `expected`, or somebody else's
                   ///< append to it is in flight. An earlier try of one's own may be the cause
    refused,       ///< nothing of this try is stored or will be, and trying again is of no use:
                   ///< a commit is too large, or the log takes nothing more. An earlier try that
                   ///< was unknown still is
    unknown,       ///< no answer, connection lost, no leader: it may be there or may still
                   ///< arrive
  };
  Outcome outcome = Outcome::unknown;
  std::uint64_t sequence = 0;  ///< acknowledged: of the last commit; conflict: of the subject's
                               ///< last message when the log said so, else 0
  std::string detail;          ///< one sentence, unless acknowledged
  bool too_large = false;      ///< refused: for the size of a commit
};

/// Thread safety: any method from any thread. Completions run exactly once, on a thread of the
/// log's or on the caller's, and must not block.
class EventLog {
public:
  using Appended = std::function<void(AppendResult)>;
  using Loaded = std::function<void(Result<std::vector<StoredCommit>>)>;

  virtual ~EventLog() = default;

  /// Appends all commits to one subject or none, provided the subject's last message has stream
  /// sequence `expected` (0: the subject has no message). The sequences are consecutive.
  /// REQUIRES: 1 <= commits.size() <= append_commits_max.
  virtual void append(const Subject& subject, std::uint64_t expected,
                      std::vector<std::string> commits, Appended done) = 0;

  /// All commits of a subject with a sequence above `after`, in order, as the log's leader has them
  /// at some moment after the call. Empty when there is nothing newer. What a leader says that was
  /// deposed is a failure: what is decided on these commits, and recorded nowhere, must stand.
  virtual void load(const Subject& subject, std::uint64_t after, Loaded done) = 0;

  /// Some of the commits that stand right before the subject's commit at `before`, in order and
  /// without a gap; none when that is the first. Never a large part of a long history at once.
  /// REQUIRES: the subject has a commit at `before`.
  virtual void load_before(const Subject& subject, std::uint64_t before, Loaded done) = 0;

  /// Those of the subject's commits that lie at these sequences.
  /// REQUIRES: sequences.size() <= load_at_max.
  virtual void load_at(const Subject& subject, std::vector<std::uint64_t> sequences,
                       Loaded done) = 0;
  static constexpr std::size_t load_at_max = 256;

  /// Above this an append is a bug; JetStream's own bound for a batch is 1,000 messages.
  static constexpr std::size_t append_commits_max = 500;
};

}  // namespace troupe

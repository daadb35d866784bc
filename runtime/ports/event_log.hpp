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

#include "runtime/ports/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// A commit as it lies in the log.
struct StoredCommit {
  std::uint64_t sequence = 0;  ///< in the stream, not in the instance
  Subject subject;
  std::string bytes;  ///< a serialised troupe.v1.Commit, never re-encoded: hashes are over these
};

/// The three answers of an append. There is no fourth: a failure that is not a conflict is unknown
/// unless nothing was sent.
struct AppendResult {
  enum class Outcome {
    acknowledged,  ///< all commits are in the log; `sequence` is the last one's
    conflict,      ///< not appended now: the subject was not at `expected`, or somebody else's
                   ///< append to it is in flight. An earlier try of one's own may be the cause
    unknown,       ///< no answer, connection lost, no leader, no room: it may be there or may
                   ///< still arrive
  };
  Outcome outcome = Outcome::unknown;
  std::uint64_t sequence = 0;  ///< acknowledged: of the last commit; conflict: of the subject's
                               ///< last message when the log said so, else 0
  std::string detail;          ///< one sentence, unless acknowledged
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

  /// Above this an append is a bug; JetStream's own bound for a batch is 1,000 messages.
  static constexpr std::size_t append_commits_max = 500;
};

}  // namespace troupe

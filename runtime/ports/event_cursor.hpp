// Reads one context's whole event stream in order, from any position: for projectors and audits.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/ports/event_log.hpp"

namespace troupe {

/// One reader's place in a stream. Not thread safe.
class EventCursor {
public:
  virtual ~EventCursor() = default;

  /// What lies in the stream after the last message handed out, without gaps, whoever wrote it, at
  /// most `max`. Blocks until there is
  /// at least one or `patience` is over (then empty). After a failure the cursor still stands where
  /// it stood: call again. A permanent failure means that the stream went back or has a gap.
  virtual Result<std::vector<StoredCommit>> next(std::size_t max,
                                                 std::chrono::milliseconds patience) = 0;
};

/// Opens cursors. Thread safe.
class EventStreams {
public:
  virtual ~EventStreams() = default;

  /// A cursor that hands out what comes after sequence `after` (0: from the start).
  virtual std::unique_ptr<EventCursor> open(const Token& context, std::uint64_t after) = 0;

  /// Sequence of the context's last commit, 0 when there is none.
  virtual Result<std::uint64_t> last_sequence(const Token& context) = 0;
};

}  // namespace troupe

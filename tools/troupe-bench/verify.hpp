// Reads the stream after a run: does it hold exactly what was acknowledged?
#pragma once

#include <cstdint>
#include <string>

#include "runtime/ports/event_cursor.hpp"

namespace troupe::tool {

/// Who wrote the stream.
enum class Writer { runtime, floor };

struct Verified {
  std::uint64_t stored = 0;     ///< events
  std::uint64_t instances = 0;  ///< with at least one
  std::string problem;          ///< one sentence; empty: all is as it must be
};

/// Reads everything up to the stream's end of now: each instance's versions are 1, 2, 3 … without
/// gaps, and there are as many events as were acknowledged, or up to `unknown` more. Blocks.
Result<Verified> verify_stream(EventStreams& streams, Writer writer, std::uint64_t acknowledged,
                               std::uint64_t unknown);

}  // namespace troupe::tool

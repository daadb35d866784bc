// How far a stream was seen to reach, kept outside of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <troupe/token.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/stream_inspector.hpp"

namespace troupe {

struct HighWaterMark {
  Instant accepted_at;  ///< of the incarnation it was seen in
  std::uint64_t sequence = 0;
  std::string hash;  ///< of the message there; empty when that is not known
};

/// A store that may lose what it has: then a node that starts anew notices less. Thread safety: any
/// method from any thread. All methods block until the store has answered.
class HighWaterMarks {
public:
  virtual ~HighWaterMarks() = default;

  /// The mark that a context's nodes keep of a stream.
  virtual Result<std::optional<HighWaterMark>> find(const Token& context,
                                                    const std::string& stream) = 0;

  /// Keeps the mark unless it has one of a later acceptance, or a higher one of the same.
  virtual Result<void> raise(const Token& context, const std::string& stream,
                             const HighWaterMark& mark) = 0;
};

}  // namespace troupe

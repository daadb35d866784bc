// Operators' decisions that everybody who reads an event stream passes over one of its messages.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <troupe/aggregate.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe {

struct Skip {
  std::string stream;
  std::uint64_t sequence = 0;
  std::string hash;    ///< SHA-256 of the stored bytes: another message there is not meant
  std::string cause;   ///< what was wrong with it, as a clause
  std::string reason;  ///< the operator's
  std::string decided_by;
  Time decided_at;
};

/// Hears of decisions. Called by one thread at a time; must not block.
class SkipHandler {
public:
  virtual ~SkipHandler() = default;
  virtual void decided(const Skip& skip) = 0;
  /// Everything that was decided before following began has been told.
  virtual void caught_up() = 0;
};

/// A decision is never taken back; one for the same message takes the place of an earlier one.
/// Thread safety: any method from any thread.
class Skips {
public:
  virtual ~Skips() = default;

  /// Tells the decision for each message and every later one, some perhaps more than once. Ends
  /// when the handle is destroyed.
  virtual std::unique_ptr<Subscription> follow(SkipHandler& handler) = 0;

  /// All decisions for messages of a stream, by sequence. Blocks.
  virtual Result<std::vector<Skip>> list(const std::string& stream) = 0;

  /// Blocks until it is recorded.
  virtual Result<void> record(const Skip& skip) = 0;
};

}  // namespace troupe

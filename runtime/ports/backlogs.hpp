// What waits in the streams of a context, as the servers know it: whichever node is to deal with
// it, and across restarts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <troupe/aggregate.hpp>
#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// Things that wait.
struct Pending {
  std::uint64_t count = 0;
  /// Since when the oldest does, by the server's clock; may be unknown.
  std::optional<Time> oldest{};
};

/// A durable subscription, and what it has still to do.
struct ConsumerBacklog {
  Pending pending{};                ///< not acknowledged, delivered or not
  std::uint64_t delivered = 0;      ///< of those
  std::uint64_t delivered_max = 0;  ///< at a time
  std::uint64_t done_up_to = 0;     ///< grows while there is progress
  std::string paused_until{};       ///< by an operator, as the server says it; empty: it is not
  bool attended = true;             ///< some node asks for deliveries
};

/// A stream as a whole.
struct StreamBacklog {
  Pending messages{};
  std::string refuses{};  ///< why it takes nothing more, or soon will not, as a clause; else empty
};

/// Thread safety: any method from any thread. All block until the servers have answered, and cost
/// them little.
class Backlogs {
public:
  virtual ~Backlogs() = default;

  /// Of the subscription `consumer` to `source`'s events; nothing when there is none yet.
  virtual Result<std::optional<ConsumerBacklog>> reactions(const Token& source,
                                                           const Token& consumer) = 0;
  /// Of the context's fired timers.
  virtual Result<std::optional<ConsumerBacklog>> timers(const Token& context) = 0;

  /// Calls of an aggregate's effect that have no outcome yet: those whose timers are armed.
  virtual Result<Pending> open_effects(const Token& context, const Token& aggregate,
                                       const Token& effect) = 0;

  virtual Result<StreamBacklog> stream(StreamKind kind, const Token& context) = 0;
};

/// Whether the name of a timer is that of an effect's: the effect's, a dash and a version.
bool is_effect_timer(std::string_view timer, std::string_view effect);

}  // namespace troupe

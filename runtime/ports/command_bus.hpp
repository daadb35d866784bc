// The way of a command to its instance, and the three answers it can get.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include <troupe/model.hpp>
#include "runtime/ports/rejected.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

struct Command {
  Instance instance;
  std::string type;  ///< short name, such as PlaceOrder
  SharedMessage body;
  std::string id;    ///< idempotency key; a token
  std::string hash;  ///< SHA-256 of type and body, see command_hash()
  Time issued_at;    ///< by whoever issued it first; decides may use it
  std::optional<std::uint64_t> expected_version;
  std::chrono::steady_clock::time_point deadline;  ///< afterwards the answer is unknown
  std::string correlation_id;
  std::string causation_id;  ///< the event that asks for it; of a client's command it means nothing
  std::string traceparent;
  bool internal = false;   ///< asked for by an event, and not sent by a client
  bool forwarded = false;  ///< came to this node as the owner of its slot, and goes no further
};

/// The command's events are in the log, at these versions and this place.
struct Accepted {
  std::uint64_t first_version = 0;  ///< 0: nothing needed to happen
  std::uint64_t last_version = 0;
  std::string stream;
  std::uint64_t sequence = 0;  ///< with `stream`, the read-your-writes token
  bool duplicate = false;      ///< the answer to a repeat
};

/// The system cannot say; repeat with the same id.
struct Unknown {
  std::string text;
};

using Outcome = std::variant<Accepted, Rejected, Unknown>;

/// Thread safety: any thread.
class CommandBus {
public:
  /// Runs exactly once, on any thread, and must not block.
  using Answered = std::function<void(Outcome)>;

  virtual ~CommandBus() = default;
  virtual void send(Command command, Answered answered) = 0;
};

}  // namespace troupe

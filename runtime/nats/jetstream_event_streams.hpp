// Opens cursors over a context's event stream in JetStream.
#pragma once

#include "runtime/nats/api.hpp"
#include "runtime/nats/connection.hpp"
#include "runtime/ports/event_cursor.hpp"

namespace troupe::nats {

/// Asks JetStream anew each time and keeps nothing. The connection outlives it and its cursors.
class JetStreamEventStreams final : public EventStreams {
public:
  explicit JetStreamEventStreams(Connection& connection) : connection_(connection) {}

  std::unique_ptr<EventCursor> open(const Token& context, std::uint64_t after) override;
  Result<std::uint64_t> last_sequence(const Token& context) override;

private:
  Connection& connection_;
};

/// Sequence of a stream's last message, out of the answer to STREAM.INFO.
Result<std::uint64_t> read_last_sequence(const ApiResult& answer);

}  // namespace troupe::nats

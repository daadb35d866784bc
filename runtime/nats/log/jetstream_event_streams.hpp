// Opens cursors over a context's event stream in JetStream.
#pragma once

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/event_cursor.hpp"

namespace troupe::nats {

/// Asks JetStream anew each time and keeps nothing. `leaders` outlives it and its cursors.
class JetStreamEventStreams final : public EventStreams {
public:
  explicit JetStreamEventStreams(StreamLeaders& leaders) : leaders_(leaders) {}

  std::unique_ptr<EventCursor> open(const Token& context, std::uint64_t after) override;
  Result<std::uint64_t> last_sequence(const Token& context) override;

private:
  StreamLeaders& leaders_;
};

/// Sequence of a stream's last message, out of the answer to STREAM.INFO.
Result<std::uint64_t> read_last_sequence(const ApiResult& answer);

}  // namespace troupe::nats

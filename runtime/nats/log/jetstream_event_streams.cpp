// Implements cursors and positions over JetStream.
#include "runtime/nats/log/jetstream_event_streams.hpp"

#include "runtime/base/json.hpp"
#include "runtime/nats/log/jetstream_event_cursor.hpp"

namespace troupe::nats {

std::unique_ptr<EventCursor> JetStreamEventStreams::open(const Token& context,
                                                         std::uint64_t after) {
  return std::make_unique<JetStreamEventCursor>(leaders_, stream_name(StreamKind::events, context),
                                                after);
}

Result<std::uint64_t> JetStreamEventStreams::last_sequence(const Token& context) {
  const std::string stream = stream_name(StreamKind::events, context);
  return read_last_sequence(leaders_.info_and_wait(stream));
}

Result<std::uint64_t> read_last_sequence(const ApiResult& answer) {
  if (!answer) return tl::make_unexpected(Failure(answer.error()));
  const auto sequence = field<std::uint64_t>(*answer, "state.last_seq");
  if (!sequence) return retryable("JetStream's answer about a stream is unreadable.");
  return *sequence;
}

}  // namespace troupe::nats

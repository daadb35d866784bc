// Implements cursors and positions over JetStream.
#include "runtime/nats/jetstream_event_streams.hpp"

#include "runtime/nats/jetstream_event_cursor.hpp"

namespace troupe::nats {

std::unique_ptr<EventCursor> JetStreamEventStreams::open(const Token& context,
                                                         std::uint64_t after) {
  return std::make_unique<JetStreamEventCursor>(connection_,
                                                stream_name(StreamKind::events, context), after);
}

Result<std::uint64_t> JetStreamEventStreams::last_sequence(const Token& context) {
  const std::string stream = stream_name(StreamKind::events, context);
  return read_last_sequence(ask_api_and_wait(connection_, "STREAM.INFO." + stream, {}));
}

Result<std::uint64_t> read_last_sequence(const ApiResult& answer) {
  using namespace nlohmann::literals;
  constexpr std::uint64_t absent = UINT64_MAX;
  if (!answer) return tl::make_unexpected(Failure(answer.error()));
  const auto sequence = answer->value("/state/last_seq"_json_pointer, absent);
  if (sequence == absent) return retryable("JetStream's answer about a stream is unreadable.");
  return sequence;
}

}  // namespace troupe::nats

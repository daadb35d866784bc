// Reads a context's stream from the broker, batch by batch.
#include "runtime/memory/memory_event_streams.hpp"

#include <utility>

namespace troupe::memory {

namespace {

class Cursor final : public EventCursor {
public:
  Cursor(Broker& broker, std::string stream, std::uint64_t after)
      : broker_(broker), stream_(std::move(stream)), after_(after) {}

  Result<std::vector<StoredCommit>> next(std::size_t max,
                                         std::chrono::milliseconds patience) override {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    auto messages = broker_.wait_for(stream_, after_, max, deadline);
    if (!messages) return tl::make_unexpected(std::move(messages.error()));
    if (!messages->empty() && messages->front().sequence != after_ + 1)
      return permanent("stream " + stream_ + " has a gap after sequence " + std::to_string(after_));
    if (!messages->empty()) after_ = messages->back().sequence;
    return commits_of(std::move(*messages));
  }

private:
  Broker& broker_;
  const std::string stream_;
  std::uint64_t after_;
};

}  // namespace

std::unique_ptr<EventCursor> MemoryEventStreams::open(const Token& context, std::uint64_t after) {
  return std::make_unique<Cursor>(broker_, stream_name(StreamKind::events, context), after);
}

Result<std::uint64_t> MemoryEventStreams::last_sequence(const Token& context) {
  return broker_.last_sequence(stream_name(StreamKind::events, context));
}

}  // namespace troupe::memory

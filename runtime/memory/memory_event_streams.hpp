// Cursors over the in-memory broker's event streams.
#pragma once

#include "runtime/memory/broker.hpp"
#include "runtime/ports/event_cursor.hpp"

namespace troupe::memory {

class MemoryEventStreams final : public EventStreams {
public:
  explicit MemoryEventStreams(Broker& broker) : broker_(broker) {}

  std::unique_ptr<EventCursor> open(const Token& context, std::uint64_t after) override;
  Result<std::uint64_t> last_sequence(const Token& context) override;

private:
  Broker& broker_;
};

}  // namespace troupe::memory

// Keeps parked events in the broker's DLQ streams.
#include "runtime/memory/memory_parked_events.hpp"

#include <utility>

namespace troupe::memory {

void MemoryParkedEvents::park(const Token& context, const Token& consumer,
                              const StoredSubject& source, std::string record,
                              std::function<void(Result<void>)> done) {
  broker_.worker().post([&broker = broker_, stream = stream_name(StreamKind::parked, context),
                         subject = parked_subject(context, consumer, source),
                         record = std::move(record), done = std::move(done)]() mutable {
    done(broker.publish(stream, subject, std::move(record)).map([](std::uint64_t) {}));
  });
}

Result<std::vector<Parked>> MemoryParkedEvents::list(const Token& context, const Token& consumer) {
  const auto prefix = "dlq." + context.str() + "." + consumer.str() + ".";
  auto messages = broker_.scan(stream_name(StreamKind::parked, context), prefix);
  if (!messages) return tl::make_unexpected(std::move(messages.error()));
  std::vector<Parked> records;
  for (auto& message : *messages) records.push_back({message.sequence, std::move(message.bytes)});
  return records;
}

Result<void> MemoryParkedEvents::remove(const Token& context, std::uint64_t sequence) {
  return broker_.remove(stream_name(StreamKind::parked, context), sequence);
}

}  // namespace troupe::memory

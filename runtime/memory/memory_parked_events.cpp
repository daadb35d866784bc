// Keeps parked events in the broker's DLQ streams.
#include "runtime/memory/memory_parked_events.hpp"

#include <set>
#include <utility>

#include "runtime/base/assert.hpp"

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

Result<std::vector<std::string>> MemoryParkedEvents::sources(const Token& context,
                                                             const Token& consumer) {
  const auto prefix = "dlq." + context.str() + "." + consumer.str() + ".";
  const auto messages = broker_.scan(stream_name(StreamKind::parked, context), prefix);
  if (!messages) return tl::make_unexpected(messages.error());
  std::set<std::string> sources;
  for (const auto& message : *messages) sources.insert(message.subject.str().substr(prefix.size()));
  return std::vector<std::string>(sources.begin(), sources.end());
}

void MemoryParkedEvents::next(const Token& context, const Token& consumer,
                              const std::string& source, std::uint64_t after, Found found) {
  const auto subject = Subject::parse("dlq." + context.str() + "." + consumer.str() + "." + source);
  TROUPE_ASSERT(subject, "sources() names legal subjects");
  broker_.worker().post([&broker = broker_, stream = stream_name(StreamKind::parked, context),
                         subject = *subject, after, found = std::move(found)] {
    auto messages = broker.read(stream, subject, after);
    if (!messages) return found(tl::make_unexpected(std::move(messages.error())));
    if (messages->empty()) return found(std::nullopt);
    found(Parked{messages->front().sequence, std::move(messages->front().bytes)});
  });
}

Result<void> MemoryParkedEvents::remove(const Token& context, std::uint64_t sequence) {
  return broker_.remove(stream_name(StreamKind::parked, context), sequence);
}

}  // namespace troupe::memory

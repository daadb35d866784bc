#include "tools/shop/demo/memory_backlog.hpp"

namespace troupe::tool {

Result<check::Backlog> MemoryBacklog::backlog(const Token& context) {
  const auto timers = stream_name(StreamKind::timers, context);
  check::Backlog backlog;
  for (const auto& stream : {stream_name(StreamKind::events, context), timers})
    for (const auto& consumer : broker_.waiting(stream))
      backlog.consumers.push_back({.name = stream + "/" + consumer.consumer,
                                   .pending = consumer.undelivered,
                                   .ack_pending = consumer.unacknowledged});
  for (const auto& subject : broker_.armed(timers)) backlog.timers.push_back(subject.str());
  const auto fired = broker_.scan(timers, {});
  if (!fired) return tl::make_unexpected(fired.error());
  for (const auto& timer : *fired) backlog.timers.push_back(timer.subject.str());
  const auto parked = broker_.scan(stream_name(StreamKind::parked, context), {});
  if (!parked) return tl::make_unexpected(parked.error());
  for (const auto& record : *parked) backlog.parked.push_back(check::parked_record(record.bytes));
  return backlog;
}

}  // namespace troupe::tool

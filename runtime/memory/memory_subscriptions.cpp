// Names the streams and consumers that subscriptions stand for.
#include "runtime/memory/memory_subscriptions.hpp"

namespace troupe::memory {

std::unique_ptr<Subscription> MemorySubscriptions::events(const Token& source,
                                                          const Token& consumer,
                                                          std::size_t in_flight_max,
                                                          DeliveryHandler& handler) {
  return broker_.subscribe({.stream = stream_name(StreamKind::events, source),
                            .name = consumer.str(),
                            .prefix = "evt." + source.str() + ".",
                            .in_flight_max = in_flight_max},
                           handler);
}

std::unique_ptr<Subscription> MemorySubscriptions::timers(const Token& context,
                                                          std::size_t in_flight_max,
                                                          DeliveryHandler& handler) {
  return broker_.subscribe({.stream = stream_name(StreamKind::timers, context),
                            .name = "timers",
                            .prefix = "tmr." + context.str() + ".fired.",
                            .in_flight_max = in_flight_max,
                            .removes_acknowledged = true},
                           handler);
}

}  // namespace troupe::memory

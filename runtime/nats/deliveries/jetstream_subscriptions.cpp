// Names the durable consumers of the Subscriptions port.
#include "runtime/nats/deliveries/jetstream_subscriptions.hpp"

#include "runtime/nats/deliveries/durable_consumer.hpp"

namespace troupe::nats {

namespace {

/// Without a pull for so long, the active puller counts as dead.
constexpr std::chrono::milliseconds pin_timeout{1'000};

}  // namespace

std::unique_ptr<Subscription> JetStreamSubscriptions::events(const Token& source,
                                                             const Token& consumer,
                                                             std::size_t in_flight_max,
                                                             DeliveryHandler& handler) {
  return std::make_unique<DurableConsumer>(
      connection_,
      ConsumerSettings{.stream = stream_name(StreamKind::events, source),
                       .durable = consumer.str(),
                       .filter = "",
                       .in_flight_max = in_flight_max,
                       .ack_wait = ack_wait_,
                       .pin_timeout = pin_timeout},
      handler);
}

std::unique_ptr<Subscription> JetStreamSubscriptions::timers(const Token& context,
                                                             std::size_t in_flight_max,
                                                             DeliveryHandler& handler) {
  return std::make_unique<DurableConsumer>(
      connection_,
      ConsumerSettings{.stream = stream_name(StreamKind::timers, context),
                       .durable = "timers",
                       .filter = "tmr." + context.str() + ".fired.>",
                       .in_flight_max = in_flight_max,
                       .ack_wait = ack_wait_,
                       .pin_timeout = pin_timeout,
                       .work_queue = true},
      handler);
}

}  // namespace troupe::nats

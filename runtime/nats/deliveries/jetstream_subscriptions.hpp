// Subscriptions as durable JetStream consumers.
#pragma once

#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::nats {

/// The streams need not exist yet: a subscription starts when they do.
class JetStreamSubscriptions final : public Subscriptions {
public:
  /// Unacknowledged for longer, a message comes again, unless it is still being handled here.
  static constexpr std::chrono::milliseconds ack_wait_default{30'000};

  /// REQUIRES: `connection` outlives every subscription.
  explicit JetStreamSubscriptions(Connection& connection,
                                  std::chrono::milliseconds ack_wait = ack_wait_default)
      : connection_(connection), ack_wait_(ack_wait) {}

  std::unique_ptr<Subscription> events(const Token& source, const Token& consumer,
                                       std::size_t in_flight_max,
                                       DeliveryHandler& handler) override;
  std::unique_ptr<Subscription> timers(const Token& context, std::size_t in_flight_max,
                                       DeliveryHandler& handler) override;

private:
  Connection& connection_;
  const std::chrono::milliseconds ack_wait_;
};

}  // namespace troupe::nats

// Durable subscriptions to the in-memory broker.
#pragma once

#include "runtime/memory/broker.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::memory {

/// Handlers are called on the broker's thread.
class MemorySubscriptions final : public Subscriptions {
public:
  explicit MemorySubscriptions(Broker& broker) : broker_(broker) {}

  std::unique_ptr<Subscription> events(const Token& source, const Token& consumer,
                                       std::size_t in_flight_max,
                                       DeliveryHandler& handler) override;
  std::unique_ptr<Subscription> timers(const Token& context, std::size_t in_flight_max,
                                       DeliveryHandler& handler) override;

private:
  Broker& broker_;
};

}  // namespace troupe::memory

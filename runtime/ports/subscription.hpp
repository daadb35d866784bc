// At-least-once delivery with acknowledgements: for reactions, fired timers and effects.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/ports/stored_subject.hpp"

namespace troupe {

/// One message of a durable subscription, whoever wrote it.
struct Delivery {
  std::uint64_t generation = 0;  ///< of the activation it belongs to
  std::uint64_t sequence = 0;    ///< in its stream
  StoredSubject subject;
  std::string bytes;
  /// Says that the message is dealt with. Callable once, from any thread, also when it has become
  /// meaningless because a newer generation is active.
  std::function<void()> acknowledge;
};

/// Receives what a subscription delivers. Called by one thread of the subscription; must not block.
class DeliveryHandler {
public:
  virtual ~DeliveryHandler() = default;

  /// From now on this handler is the active one and deliveries of `generation` follow, starting
  /// with the oldest message that was never acknowledged. Whatever was delivered before is void:
  /// it will be delivered again if it was not acknowledged.
  virtual void activated(std::uint64_t generation) = 0;

  /// Whether the subscription can deliver here at all: why not, as a sentence of the server's, or
  /// empty. Told when it changes.
  virtual void can_deliver(const std::string& why_not) { (void)why_not; }

  /// Messages come in the order of the stream within a generation; some may have been handled in an
  /// earlier one.
  virtual void deliver(Delivery delivery) = 0;
};

/// Ends the deliveries when destroyed: afterwards the handler is not called any more.
class Subscription {
public:
  virtual ~Subscription() = default;
};

/// Opens durable subscriptions. Thread safe.
class Subscriptions {
public:
  virtual ~Subscriptions() = default;

  /// Delivers the commits of `source`'s event stream to one active handler per consumer name in
  /// the whole system. At most `in_flight_max` deliveries are unacknowledged at a time.
  virtual std::unique_ptr<Subscription> events(const Token& source, const Token& consumer,
                                               std::size_t in_flight_max,
                                               DeliveryHandler& handler) = 0;

  /// Delivers the fired timers of a context (bytes: troupe.v1.TimerRecord), once acknowledged never
  /// again.
  virtual std::unique_ptr<Subscription> timers(const Token& context, std::size_t in_flight_max,
                                               DeliveryHandler& handler) = 0;
};

}  // namespace troupe

// Takes the commands of one context from NATS to the command bus, and the outcomes back.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "runtime/nats/responder.hpp"
#include "runtime/ports/clock.hpp"

namespace troupe::nats {

/// Its subscription's thread reads and checks; the outcome comes back on any thread.
/// REQUIRES: everything it is given outlives every command that is in flight.
class CommandIngress {
public:
  CommandIngress(Responder& responder, const ContextModel& context, CommandBus& bus,
                 const Clock& clock);

  Result<void> start();
  /// Takes no new commands. Blocks at most `patience`.
  void drain(std::chrono::milliseconds patience);

  /// One per aggregate type.
  const std::deque<Endpoint>& endpoints() const { return endpoints_; }

private:
  void on(const Received& message);

  Responder& responder_;
  const ContextModel& context_;
  CommandBus& bus_;
  const Clock& clock_;
  std::deque<Endpoint> endpoints_;
  std::map<const AggregateModel*, Endpoint*> endpoint_of_;
  std::unique_ptr<Connection::Subscribed> subscription_;  // last: its callbacks use the others
};

}  // namespace troupe::nats

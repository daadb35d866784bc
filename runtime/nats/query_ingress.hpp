// Takes the queries of one context from NATS to the query bus, and the answers back.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>

#include "runtime/nats/responder.hpp"
#include "runtime/ports/clock.hpp"

namespace troupe::nats {

/// As CommandIngress, for queries.
class QueryIngress {
public:
  QueryIngress(Responder& responder, const ContextModel& context, QueryBus& bus,
               const Clock& clock);

  Result<void> start();
  void drain(std::chrono::milliseconds patience);

  /// One per query.
  const std::deque<Endpoint>& endpoints() const { return endpoints_; }

private:
  void on(const Received& message);

  Responder& responder_;
  const ContextModel& context_;
  const Token name_;
  QueryBus& bus_;
  const Clock& clock_;
  std::deque<Endpoint> endpoints_;
  std::map<const QueryModel*, Endpoint*> endpoint_of_;
  std::unique_ptr<Connection::Subscribed> subscription_;  // last: its callbacks use the others
};

}  // namespace troupe::nats

// Takes the queries of one context from NATS to the query bus, and the answers back.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "runtime/base/in_flight.hpp"
#include "runtime/nats/service/responder.hpp"
#include "runtime/nats/wire/incoming.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::nats {

/// As CommandIngress, for queries.
class QueryIngress {
public:
  QueryIngress(Responder& responder, const ContextModel& context, std::size_t in_flight_max,
               QueryBus& bus, std::function<bool()> another_program, Conditions& conditions);
  static constexpr std::size_t in_flight_bytes_max = 16 * 1'024 * 1'024;

  Result<void> start();
  void drain(std::chrono::milliseconds patience);

  /// Questions that are taken and not answered.
  InFlight& in_flight() { return in_flight_; }
  const Unhandled& unhandled() const { return *unhandled_; }

  /// One per query.
  const std::deque<Endpoint>& endpoints() const { return endpoints_; }

private:
  void on(const Received& message);
  Read<QueryCall> read(const Received& message, Call& call) const;
  void refuse(const Received& message) const { responder_.refuse_unread(message, overloaded_); }

  Responder& responder_;
  const ContextModel& context_;
  const Token name_;
  QueryBus& bus_;
  const std::function<bool()> another_program_;
  Conditions& conditions_;
  const Outgoing overloaded_;
  InFlight in_flight_;
  const std::shared_ptr<Unhandled> unhandled_ = std::make_shared<Unhandled>();
  std::deque<Endpoint> endpoints_;
  std::map<const QueryModel*, Endpoint*> endpoint_of_;
  std::unique_ptr<Connection::Subscribed> subscription_;  // last: its callbacks use the others
};

}  // namespace troupe::nats

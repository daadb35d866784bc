// Sends replies and counts them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runtime/nats/answers.hpp"
#include "runtime/nats/endpoint.hpp"
#include "runtime/nats/in_flight.hpp"
#include "runtime/nats/inboxes.hpp"
#include "runtime/nats/outgoing.hpp"

namespace troupe::nats {

/// A request that is being answered.
struct Call {
  Inbox reply_to;  ///< empty: nobody waits, the answer goes nowhere
  BodyForm form = BodyForm::protobuf;
  Endpoint* endpoint = nullptr;  ///< null while nobody knows which
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
};

/// What all ingresses of a node share. Thread safe.
class Responder {
public:
  Responder(Connection& connection, NodeFacts node, std::size_t in_flight_max,
            const std::vector<std::string>& reply_prefixes)
      : in_flight(in_flight_max), inboxes(reply_prefixes), answers(connection, std::move(node)) {}

  const NodeFacts& node() const { return answers.node(); }
  Connection& connection() const { return answers.connection(); }

  void answer(const Call& call, const Outgoing& reply) {
    const auto error = answers.send(call.reply_to, reply);
    if (call.endpoint != nullptr)
      call.endpoint->record(std::chrono::steady_clock::now() - call.begun, error);
  }
  void refuse(const Call& call, int code, const std::string& text) {
    answer(call, error_reply(code, text, node()));
  }

  InFlight in_flight;
  Inboxes inboxes;
  Answers answers;
};

}  // namespace troupe::nats

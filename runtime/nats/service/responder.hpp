// Sends replies and counts them.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/client/inboxes.hpp"
#include "runtime/nats/service/answers.hpp"
#include "runtime/nats/service/endpoint.hpp"
#include "runtime/nats/wire/outgoing.hpp"
#include "runtime/ports/condition_kinds.hpp"

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
  Responder(Connection& connection, NodeFacts node, const std::vector<std::string>& reply_prefixes)
      : inboxes(reply_prefixes), answers(connection, std::move(node)) {}

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
  /// What is not even read, as there is too much of it.
  void refuse_unread(const Received& message, const Outgoing& reply) {
    const auto inbox = inboxes.of(message);
    if (inbox && !inbox->empty())
      (void)connection().publish(inbox->str(), reply.headers, reply.body);
  }

  Inboxes inboxes;
  Answers answers;
};

/// `what`: commands or queries.
inline void say_overloaded(Conditions& conditions, const std::string& context, const char* what) {
  constexpr std::chrono::seconds lasts{5};
  conditions.set_for(lasts, condition::overloaded, context, what,
                     fmt::format("more {} of {} come in than this node can handle; some are "
                                 "answered 429, or not at all",
                                 what, context));
}

}  // namespace troupe::nats

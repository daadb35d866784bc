#include "tools/shop/demo/senders.hpp"

#include <future>
#include <memory>

#include "runtime/ports/identity.hpp"

namespace troupe::tool {

Outcome outcome_of(const nats::ClientReply& reply) {
  using Kind = nats::ClientReply::Kind;
  if (reply.kind == Kind::rejected)
    return Rejected{static_cast<RejectionCode>(reply.code), reply.text, reply.reason,
                    reply.decided_at};
  if (reply.kind == Kind::unknown) return Unknown{reply.text};
  return Accepted{.first_version = reply.first_version,
                  .last_version = reply.last_version,
                  .stream = reply.position.stream,
                  .sequence = reply.position.sequence,
                  .duplicate = reply.duplicate};
}

Outcome NatsSender::send(const Wish& wish, std::chrono::milliseconds timeout) {
  const auto type = Token::parse(wish.body->GetDescriptor()->name());
  nats::ClientHeaders headers;
  headers.command_id = wish.id;
  headers.issued_at = wish.issued_at;
  return outcome_of(client_.send_and_wait(Subject::command(wish.instance, *type),
                                          wish.body->SerializeAsString(), nats::BodyForm::protobuf,
                                          headers, timeout));
}

Outcome BusSender::send(const Wish& wish, std::chrono::milliseconds timeout) {
  const auto& type = wish.body->GetDescriptor()->name();
  Command command{.instance = wish.instance,
                  .type = type,
                  .body = wish.body,
                  .id = wish.id,
                  .hash = command_hash(type, *wish.body),
                  .issued_at = wish.issued_at,
                  .expected_version = std::nullopt,
                  .deadline = std::chrono::steady_clock::now() + timeout,
                  .correlation_id = {},
                  .causation_id = {},
                  .traceparent = {}};
  const auto answer = std::make_shared<std::promise<Outcome>>();
  // The bus answers exactly once, at the latest at the deadline.
  bus_.send(std::move(command),
            [answer](Outcome outcome) { answer->set_value(std::move(outcome)); });
  return answer->get_future().get();
}

}  // namespace troupe::tool

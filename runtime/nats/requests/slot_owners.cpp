#include "runtime/nats/requests/slot_owners.hpp"

#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

namespace {

Outcome outcome_of(ClientReply reply, std::uint32_t slot, const std::string& context) {
  switch (reply.kind) {
    case ClientReply::Kind::accepted:
      return Accepted{.first_version = reply.first_version,
                      .last_version = reply.last_version,
                      .stream = std::move(reply.position.stream),
                      .sequence = reply.position.sequence,
                      .duplicate = reply.duplicate};
    case ClientReply::Kind::rejected:
      if (reply.code == code::not_available && reply.node.empty())
        return Rejected{RejectionCode::unavailable,
                        "slot " + std::to_string(slot) + " of " + context
                            + " has no owner just now, and nothing was sent: repeat it"};
      return Rejected{static_cast<RejectionCode>(reply.code), std::move(reply.text),
                      std::move(reply.reason), reply.decided_at};
    case ClientReply::Kind::unknown:
      break;
  }
  return Unknown{std::move(reply.text)};
}

}  // namespace

void RequestSlotOwners::send(std::uint32_t slot, Command command, CommandBus::Answered answered) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      command.deadline - std::chrono::steady_clock::now());
  if (left <= std::chrono::milliseconds{0})
    return answered(
        Rejected{RejectionCode::unavailable,
                 "the deadline passed before the command was sent to its slot's owner"});
  const auto type = Token::parse(command.type);
  TROUPE_ASSERT(type, "the engine takes no command whose type is not a name");
  const auto subject = command.internal ? Subject::slot_ask(slot, command.instance, *type)
                                        : Subject::slot_command(slot, command.instance, *type);
  client_.send(subject, *command.body,
               {.command_id = command.id,
                .expected_version = command.expected_version,
                .issued_at = command.issued_at,
                .correlation_id = command.correlation_id,
                .causation_id = command.causation_id,
                .traceparent = command.traceparent,
                .at_least = {}},
               left,
               [slot, context = command.instance.context.str(), answered = std::move(answered)](
                   ClientReply reply) { answered(outcome_of(std::move(reply), slot, context)); });
}

}  // namespace troupe::nats

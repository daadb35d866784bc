// Implements the way of a command in and its outcome out.
#include "runtime/nats/command_ingress.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/incoming.hpp"
#include "runtime/nats/wire.hpp"

namespace troupe::nats {

namespace {

std::string names_of_commands(const AggregateModel& aggregate) {
  std::string names;
  for (const auto& [name, prototype] : aggregate.commands)
    names += (names.empty() ? "" : " ") + name;
  return names;
}

}  // namespace

CommandIngress::CommandIngress(Responder& responder, const ContextModel& context, CommandBus& bus,
                               const Clock& clock)
    : responder_(responder), context_(context), bus_(bus), clock_(clock) {
  for (const auto& aggregate : context_.aggregates) {
    endpoints_.emplace_back(
        aggregate.name, fmt::format("cmd.{}.{}.>", context_.name, aggregate.name),
        std::map<std::string, std::string>{{"commands", names_of_commands(aggregate)}});
    endpoint_of_[&aggregate] = &endpoints_.back();
  }
}

Result<void> CommandIngress::start() {
  auto subscribed =
      responder_.connection().subscribe(fmt::format("cmd.{}.>", context_.name), queue_group,
                                        [this](const Received& message) { on(message); });
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  subscription_ = std::move(*subscribed);
  return {};
}

void CommandIngress::drain(std::chrono::milliseconds patience) {
  if (subscription_) subscription_->drain(patience);
}

void CommandIngress::on(const Received& message) {
  Call call{.reply_to = std::string(message.reply()), .form = form_of(message)};
  auto address = read_command_subject(message.subject(), context_);
  if (!address) return responder_.refuse(call, address.error().code, address.error().text);
  call.endpoint = endpoint_of_.at(address->aggregate);

  auto command = read_command(message, std::move(*address), call.form, clock_);
  if (!command) return responder_.refuse(call, command.error().code, command.error().text);
  if (!responder_.in_flight.enter())
    return responder_.refuse(
        call, code::overloaded,
        fmt::format("This node has {} requests in flight; repeat a little later.",
                    responder_.in_flight.max()));

  const bool id_is_ours = !message.header(header::command_id);
  std::string id = command->id;
  bus_.send(std::move(*command), [&responder = responder_, call = std::move(call),
                                  id = std::move(id), id_is_ours](const Outcome& outcome) {
    auto reply = command_reply(outcome, call.form, responder.node());
    // A client that chose it knows it, and needs it again only to repeat the command.
    if (id_is_ours || std::holds_alternative<Unknown>(outcome))
      reply.headers.emplace_back(header::command_id, id);
    responder.answer(call, reply);
    responder.in_flight.leave();
  });
}

}  // namespace troupe::nats

// Implements the way of a command in and its outcome out.
#include "runtime/nats/command_ingress.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/incoming.hpp"
#include "runtime/nats/wire.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace troupe::nats {

namespace {

std::string names_of_commands(const AggregateModel& aggregate) {
  std::string names;
  for (const auto& [name, prototype] : aggregate.commands)
    names += (names.empty() ? "" : " ") + name;
  return names;
}

}  // namespace

CommandIngress::CommandIngress(Responder& responder, Connection& slot_doors,
                               const ContextModel& context, std::uint32_t slots, CommandBus& bus,
                               const Clock& clock, Conditions& conditions)
    : responder_(responder),
      slot_doors_(slot_doors),
      slot_count_(slots),
      context_(context),
      bus_(bus),
      clock_(clock),
      conditions_(conditions) {
  for (const auto& aggregate : context_.aggregates) {
    endpoints_.emplace_back(
        aggregate.name, fmt::format("cmd.{}.{}.>", context_.name, aggregate.name),
        std::map<std::string, std::string>{{"commands", names_of_commands(aggregate)}});
    endpoint_of_[&aggregate] = &endpoints_.back();
  }
}

Result<void> CommandIngress::start() {
  const std::lock_guard lock(to_all_mutex_);
  started_ = true;
  return open_to_all_ ? subscribe_to_all() : Result<void>();
}

Result<void> CommandIngress::open_to_all(bool open) {
  const std::lock_guard lock(to_all_mutex_);
  open_to_all_ = open;
  if (open && started_ && !to_all_) return subscribe_to_all();
  if (!open && to_all_) {
    to_all_->drain(drain_patience);
    to_all_.reset();
  }
  return {};
}

Result<void> CommandIngress::subscribe_to_all() {
  auto subscribed = responder_.connection().subscribe(
      fmt::format("cmd.{}.>", context_.name), queue_group,
      [this](const Received& message) { on(message, message.subject(), std::nullopt); });
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  to_all_ = std::move(*subscribed);
  return {};
}

void CommandIngress::drain(std::chrono::milliseconds patience) {
  const std::lock_guard lock(to_all_mutex_);
  started_ = false;
  if (to_all_) to_all_->drain(patience);
}

Result<void> CommandIngress::open_slot(std::uint32_t slot) {
  {
    const std::lock_guard lock(mutex_);
    if (slots_.contains(slot)) return {};
  }
  const auto prefix = fmt::format("slot.{}.{}.", context_.name, slot);
  auto subscribed = slot_doors_.subscribe(
      prefix + ">", "", [this, slot, size = prefix.size()](const Received& message) {
        on(message, message.subject().substr(size), slot);
      });
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  const std::lock_guard lock(mutex_);
  slots_[slot] = std::move(*subscribed);
  return {};
}

void CommandIngress::close_slots(const std::vector<std::uint32_t>& slots) {
  std::vector<std::unique_ptr<Connection::Subscribed>> doors;
  {
    const std::lock_guard lock(mutex_);
    for (const auto slot : slots)
      if (auto open = slots_.extract(slot)) doors.push_back(std::move(open.mapped()));
  }
  for (const auto& door : doors) door->begin_drain(drain_patience);
  for (const auto& door : doors) door->drain(drain_patience);
}

std::string CommandIngress::misrouted(const Instance& instance, std::uint32_t slot) {
  const auto its_slot = slot_of(instance, slot_count_);
  if (its_slot == slot) return {};
  auto sentence = fmt::format(
      "commands of {} come in for slot {} that belong to slot {} of {}: the server's subject "
      "mapping is for another number of slots, see deploy/nats",
      context_.name, slot, its_slot, slot_count_);
  conditions_.set_for(misrouted_for, condition::slots_misrouted, context_.name, {}, sentence);
  return sentence;
}

void CommandIngress::on(const Received& message, std::string_view subject,
                        std::optional<std::uint32_t> slot) {
  auto inbox = responder_.inboxes.of(message);
  if (!inbox) return;
  Call call{.reply_to = std::move(*inbox), .form = form_of(message)};
  auto address = read_command_subject(subject, context_);
  if (!address) return responder_.refuse(call, address.error().code, address.error().text);
  call.endpoint = endpoint_of_.at(address->aggregate);
  if (slot)
    if (const auto wrong = misrouted(address->instance, *slot); !wrong.empty())
      return responder_.refuse(call, code::not_available, wrong);

  auto command = read_command(message, std::move(*address), call.form, clock_);
  if (!command) return responder_.refuse(call, command.error().code, command.error().text);
  // Another node may have got what came to a slot's subject, too: see Engine::send.
  if (!responder_.in_flight.enter())
    return responder_.refuse(
        call, slot ? code::unknown : code::overloaded,
        fmt::format("This node has {} requests in flight; repeat a little later.",
                    responder_.in_flight.max()));

  command->forwarded = slot.has_value();
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

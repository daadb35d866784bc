// Implements the way of a command in and its outcome out.
#include "runtime/nats/service/command_ingress.hpp"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/wire/incoming.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/condition_kinds.hpp"

namespace troupe::nats {

namespace {

/// A slot's subscription is one of many: together they bound about as much as the one for all. The
/// bytes are such that the largest message fits.
constexpr IntakeBounds slot_bounds{.messages_max = 64, .bytes_max = 96 * 1'024};

std::string names_of_commands(const AggregateModel& aggregate) {
  std::string names;
  for (const auto& name : aggregate.public_commands) names += (names.empty() ? "" : " ") + name;
  return names;
}

}  // namespace

CommandIngress::CommandIngress(Responder& responder, Connection& slots_connection,
                               const ContextModel& context, std::uint32_t slots,
                               std::size_t in_flight_max, CommandBus& bus,
                               std::function<bool()> another_program, const Clock& clock,
                               Conditions& conditions)
    : responder_(responder),
      slots_connection_(slots_connection),
      slot_count_(slots),
      context_(context),
      bus_(bus),
      another_program_(std::move(another_program)),
      clock_(clock),
      conditions_(conditions),
      overloaded_(error_reply(code::overloaded, overloaded_text, responder.node())),
      // Another node may have got what came to a slot's subject, too: see Engine::send.
      overloaded_slot_(error_reply(code::unknown, overloaded_text, responder.node())),
      in_flight_(in_flight_max, in_flight_bytes_max) {
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
      {.subject = fmt::format("cmd.{}.>", context_.name),
       .queue = queue_group,
       .handler = [this](const Received& message) { on(message, message.subject(), std::nullopt); },
       .bounded = Connection::Bounded{
           .refused = [this](const Received& message) { refuse(message, std::nullopt); },
           .unhandled = unhandled_,
           .in_flight = &in_flight_,
           .overloaded = [this] { say_overloaded(conditions_, context_.name, "commands"); }}});
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
  auto subscribed = slots_connection_.subscribe(
      {.subject = prefix + ">",
       .handler =
           [this, slot, size = prefix.size()](const Received& message) {
             on(message, message.subject().substr(size), slot);
           },
       .bounded = Connection::Bounded{
           .bounds = slot_bounds,
           .refused = [this, slot](const Received& message) { refuse(message, slot); },
           .unhandled = unhandled_,
           .in_flight = &in_flight_,
           .overloaded = [this] { say_overloaded(conditions_, context_.name, "commands"); }}});
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  const std::lock_guard lock(mutex_);
  slots_[slot] = std::move(*subscribed);
  return {};
}

void CommandIngress::close_slots(const std::vector<std::uint32_t>& slots) {
  std::vector<std::unique_ptr<Connection::Subscribed>> closing;
  {
    const std::lock_guard lock(mutex_);
    for (const auto slot : slots)
      if (auto open = slots_.extract(slot)) closing.push_back(std::move(open.mapped()));
  }
  for (const auto& subscribed : closing) subscribed->begin_drain(drain_patience);
  for (const auto& subscribed : closing) subscribed->drain(drain_patience);
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

void CommandIngress::refuse(const Received& message, Slot slot) const {
  responder_.refuse_unread(message, slot ? overloaded_slot_ : overloaded_);
}

void CommandIngress::on(const Received& message, std::string_view subject, Slot slot) {
  auto inbox = responder_.inboxes.of(message);
  if (!inbox) return;
  const auto bytes = message.body().size();
  if (!in_flight_.enter(bytes)) {
    ++unhandled_->refused;
    return refuse(message, slot);
  }
  Call call{.reply_to = std::move(*inbox), .form = form_of(message)};
  auto command = read(message, subject, slot, call);
  if (!command) {
    responder_.refuse(call, command.error().code, command.error().text);
    return in_flight_.leave(bytes);
  }
  send(std::move(*command), std::move(call), !message.header(header::command_id), bytes);
}

Read<Command> CommandIngress::read(const Received& message, std::string_view subject, Slot slot,
                                   Call& call) {
  const bool internal = slot && subject.starts_with("ask.");
  auto address = read_command_subject(subject, context_);
  if (!address) return tl::make_unexpected(final_or_not(address.error(), another_program_));
  call.endpoint = endpoint_of_.at(address->aggregate);
  if (slot)
    if (const auto wrong = misrouted(address->instance, *slot); !wrong.empty())
      return tl::make_unexpected(Refusal{code::not_available, wrong});
  auto command = read_command(message, std::move(*address), call.form, clock_);
  if (!command) return command;
  command->internal = internal;
  command->forwarded = slot.has_value();
  return command;
}

void CommandIngress::send(Command command, Call call, bool id_is_ours, std::size_t bytes) {
  std::string id = command.id;
  bus_.send(std::move(command), [this, call = std::move(call), id = std::move(id), id_is_ours,
                                 bytes](const Outcome& outcome) {
    auto reply = command_reply(outcome, call.form, responder_.node());
    // A client that chose it knows it, and needs it again only to repeat the command.
    if (id_is_ours || std::holds_alternative<Unknown>(outcome))
      reply.headers.emplace_back(header::command_id, id);
    responder_.answer(call, reply);
    in_flight_.leave(bytes);
  });
}

}  // namespace troupe::nats

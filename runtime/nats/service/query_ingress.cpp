// Implements the way of a question in and its answer out.
#include "runtime/nats/service/query_ingress.hpp"

#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/wire/incoming.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

QueryIngress::QueryIngress(Responder& responder, const ContextModel& context,
                           std::size_t in_flight_max, QueryBus& bus,
                           std::function<bool()> another_program, Conditions& conditions)
    : responder_(responder),
      context_(context),
      name_(Token::parse(context.name).value()),
      bus_(bus),
      another_program_(std::move(another_program)),
      conditions_(conditions),
      overloaded_(error_reply(code::overloaded, overloaded_text, responder.node())),
      in_flight_(in_flight_max, in_flight_bytes_max) {
  for (const auto& query : context_.queries) {
    endpoints_.emplace_back(query.name, fmt::format("qry.{}.{}", context_.name, query.name),
                            std::map<std::string, std::string>{});
    endpoint_of_[&query] = &endpoints_.back();
  }
}

Result<void> QueryIngress::start() {
  auto subscribed = responder_.connection().subscribe(
      {.subject = fmt::format("qry.{}.>", context_.name),
       .queue = queue_group,
       .handler = [this](const Received& message) { on(message); },
       .bounded = Connection::Bounded{
           .refused = [this](const Received& message) { refuse(message); },
           .unhandled = unhandled_,
           .in_flight = &in_flight_,
           .overloaded = [this] { say_overloaded(conditions_, context_.name, "queries"); }}});
  if (!subscribed) return tl::make_unexpected(subscribed.error());
  subscription_ = std::move(*subscribed);
  return {};
}

void QueryIngress::drain(std::chrono::milliseconds patience) {
  if (subscription_) subscription_->drain(patience);
}

void QueryIngress::on(const Received& message) {
  auto inbox = responder_.inboxes.of(message);
  if (!inbox) return;
  const auto bytes = message.body().size();
  if (!in_flight_.enter(bytes)) {
    ++unhandled_->refused;
    return refuse(message);
  }
  Call call{.reply_to = std::move(*inbox), .form = form_of(message)};
  auto question = read(message, call);
  if (!question) {
    responder_.refuse(call, question.error().code, question.error().text);
    return in_flight_.leave(bytes);
  }
  bus_.ask(std::move(*question),
           [this, call = std::move(call), bytes](const QueryOutcome& outcome) {
             responder_.answer(call, query_reply(outcome, call.form, responder_.node()));
             in_flight_.leave(bytes);
           });
}

Read<QueryCall> QueryIngress::read(const Received& message, Call& call) const {
  const auto query = read_query_subject(message.subject(), context_);
  if (!query) return tl::make_unexpected(final_or_not(query.error(), another_program_));
  call.endpoint = endpoint_of_.at(*query);
  return read_query(message, name_, **query, call.form);
}

}  // namespace troupe::nats

// Implements the way of a question in and its answer out.
#include "runtime/nats/query_ingress.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/incoming.hpp"
#include "runtime/nats/wire.hpp"

namespace troupe::nats {

QueryIngress::QueryIngress(Responder& responder, const ContextModel& context, QueryBus& bus,
                           const Clock& clock)
    : responder_(responder),
      context_(context),
      name_(Token::parse(context.name).value()),
      bus_(bus),
      clock_(clock) {
  for (const auto& query : context_.queries) {
    endpoints_.emplace_back(query.name, fmt::format("qry.{}.{}", context_.name, query.name),
                            std::map<std::string, std::string>{});
    endpoint_of_[&query] = &endpoints_.back();
  }
}

Result<void> QueryIngress::start() {
  auto subscribed =
      responder_.connection().subscribe(fmt::format("qry.{}.>", context_.name), queue_group,
                                        [this](const Received& message) { on(message); });
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
  Call call{.reply_to = std::move(*inbox), .form = form_of(message)};
  const auto query = read_query_subject(message.subject(), context_);
  if (!query) return responder_.refuse(call, query.error().code, query.error().text);
  call.endpoint = endpoint_of_.at(*query);

  auto question = read_query(message, name_, **query, call.form, clock_);
  if (!question) return responder_.refuse(call, question.error().code, question.error().text);
  if (!responder_.in_flight.enter())
    return responder_.refuse(
        call, code::overloaded,
        fmt::format("This node has {} requests in flight; repeat a little later.",
                    responder_.in_flight.max()));

  bus_.ask(std::move(*question),
           [&responder = responder_, call = std::move(call)](const QueryOutcome& outcome) {
             responder.answer(call, query_reply(outcome, call.form, responder.node()));
             responder.in_flight.leave();
           });
}

}  // namespace troupe::nats

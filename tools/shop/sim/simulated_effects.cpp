#include "tools/shop/sim/simulated_effects.hpp"

#include <memory>

#include "troupe/v1/mail.pb.h"

namespace troupe::tool {

namespace {

std::string header(const v1::Mail& mail, const std::string& name) {
  const auto found = mail.headers().find(name);
  return found == mail.headers().end() ? std::string{} : found->second;
}

}  // namespace

void SimulatedEffects::call(EffectCall call, Done done) {
  auto ending = std::make_shared<Ending>(perform(call));
  const auto shared_done = std::make_shared<Done>(std::move(done));
  if (!later_.run_after(ending->after,
                        [ending, shared_done] { (*shared_done)(std::move(ending->result)); }))
    (*shared_done)(retryable("too many calls to the outside world are in flight"));
}

SimulatedEffects::Ending SimulatedEffects::perform(const EffectCall& call) {
  if (const auto* request = dynamic_cast<const payments::v1::GatewayRequest*>(call.request.get()))
    return pay(call, *request);
  const auto* mail = dynamic_cast<const v1::Mail*>(call.request.get());
  if (mail == nullptr)
    return {.result = permanent("nobody performs the effect " + call.effect), .after = latency};
  // As the mail port forms it.
  const auto message_id = "<" + call.key + "@troupe>";
  mails_.record({.message_id = message_id,
                 .to = mail->to(),
                 .subject = mail->subject(),
                 .order_id = header(*mail, "X-Troupe-Order"),
                 .kind = header(*mail, "X-Troupe-Kind")});
  return {.result = MessagePtr(call.answer->New()), .after = latency};
}

SimulatedEffects::Ending SimulatedEffects::pay(const EffectCall& call,
                                               const payments::v1::GatewayRequest& request) {
  using When = GatewayReply::When;
  const auto reply = gateway_.handle(call.key, request);
  switch (reply.when) {
    case When::now:
      return {.result = MessagePtr(std::make_unique<payments::v1::GatewayAnswer>(reply.answer)),
              .after = latency};
    case When::late:
    case When::never:
      return {.result = retryable("the gateway did not answer in time"), .after = call.timeout};
    case When::down:
      return {.result = retryable("the gateway is down"), .after = latency};
    case When::refused:
      break;
  }
  return {.result = permanent("the idempotency key was used for another request"),
          .after = latency};
}

}  // namespace troupe::tool

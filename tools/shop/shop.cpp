#include "tools/shop/shop.hpp"

#include "actors/all.hpp"
#include "actors/notifications/notify.hpp"
#include "actors/payments/gateway.hpp"
#include "runtime/base/embedded.hpp"
#include "runtime/curl/notifier.hpp"
#include "runtime/nats/requests/request_effects.hpp"

namespace troupe::tool {

namespace {

std::unique_ptr<Effects> gateway(const Settings& settings, nats::Connection& connection) {
  return std::make_unique<nats::RequestEffects>(connection, settings.text("payments.gateway"));
}

std::unique_ptr<Effects> mail(const Settings& settings, nats::Connection&) {
  return std::make_unique<curl::Notifier>(
      curl::NotifierOptions{.smtp_url = settings.text("notifications.smtp_url"),
                            .webhook_url = settings.text("notifications.webhook_url"),
                            .from = settings.text("notifications.from")});
}

}  // namespace

host::Program shop() {
  host::Program program{.contexts = all_contexts(),
                        .settings = std::string(embedded_file("config/shop.toml"))};
  for (const auto effect : {payments::GatewayAuthorize::name, payments::GatewayCapture::name,
                            payments::GatewayVoid::name, payments::GatewayRefund::name})
    program.effects.emplace(effect, gateway);
  program.effects.emplace(notifications::Notify::name, mail);
  return program;
}

}  // namespace troupe::tool

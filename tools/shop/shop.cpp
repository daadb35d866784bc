#include "tools/shop/shop.hpp"

#include <string>

#include <spdlog/spdlog.h>

#include "actors/inventory/inventory.hpp"
#include "actors/notifications/notifications.hpp"
#include "actors/ordering/ordering.hpp"
#include "actors/payments/payments.hpp"

namespace troupe::tool {

namespace {

constexpr const char* own_settings = R"([payments]
# NATS subject prefix of the payment gateway: calls go to <gateway>.gateway-authorize and so on.
gateway = "gateway.payments"

[notifications]
# Mail server and webhook; empty for none. With both, both are used.
smtp_url = ""
webhook_url = ""
from = "orders@troupe.invalid"
)";

template <class Operation>
Port ask_gateway(const Settings& settings) {
  return nats_request(settings.text("payments.gateway") + '.' + std::string(Operation::name));
}

PortResult<google::protobuf::Empty> not_sent(const PortCall<v1::Mail>& call) {
  spdlog::info("no mail server and no webhook is configured; not sent: {}", call.request.subject());
  return google::protobuf::Empty{};
}

Port mail(const Settings& settings) {
  const auto& mail_server = settings.text("notifications.smtp_url");
  const auto& hook = settings.text("notifications.webhook_url");
  const auto by_mail = [&] {
    return smtp({.url = mail_server, .from = settings.text("notifications.from")});
  };
  if (mail_server.empty() && hook.empty()) return port_for<notifications::Notify>(not_sent);
  if (mail_server.empty()) return webhook(hook);
  if (hook.empty()) return by_mail();
  return both(webhook(hook), by_mail());  // who knows a repeated key is asked first
}

}  // namespace

Program shop() {
  Program program("shop");
  program.context<ordering::Ordering>()
      .context<inventory::Inventory>()
      .context<payments::Payments>()
      .context<notifications::Notifications>()
      .effect<payments::GatewayAuthorize>(ask_gateway<payments::GatewayAuthorize>)
      .effect<payments::GatewayCapture>(ask_gateway<payments::GatewayCapture>)
      .effect<payments::GatewayVoid>(ask_gateway<payments::GatewayVoid>)
      .effect<payments::GatewayRefund>(ask_gateway<payments::GatewayRefund>)
      .effect<notifications::Notify>(mail)
      .settings(own_settings);
  return program;
}

}  // namespace troupe::tool

#include "tools/shop/shop.hpp"

#include <string>

#include <spdlog/spdlog.h>

#include "actors/all.hpp"
#include "actors/notifications/notify.hpp"
#include "actors/payments/gateway.hpp"
#include "runtime/base/embedded.hpp"

namespace troupe::tool {

namespace {

template <class Operation>
void ask_gateway(host::Program& program) {
  program.effects.emplace(Operation::name, [](const Settings& settings) {
    return nats_request(settings.text("payments.gateway") + '.' + std::string(Operation::name));
  });
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
  return both(by_mail(), webhook(hook));
}

}  // namespace

host::Program shop() {
  host::Program program{.contexts = all_contexts(),
                        .settings = std::string(embedded_file("config/shop.toml"))};
  ask_gateway<payments::GatewayAuthorize>(program);
  ask_gateway<payments::GatewayCapture>(program);
  ask_gateway<payments::GatewayVoid>(program);
  ask_gateway<payments::GatewayRefund>(program);
  program.effects.emplace(notifications::Notify::name, mail);
  return program;
}

}  // namespace troupe::tool

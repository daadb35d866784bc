#include "tools/shop/sim/gateway_service.hpp"

#include <optional>

#include <spdlog/spdlog.h>

#include <troupe/token.hpp>
#include "runtime/nats/service/services.hpp"
#include "runtime/nats/wire/body.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "tools/shop/sim/delay_queue.hpp"

namespace troupe::tool {

namespace {

namespace code = nats::code;
using payments::v1::GatewayRequest;

constexpr int key_reused = 409;

nats::BodyForm form_of(const nats::Received& message) {
  return nats::form_of(message.header(nats::header::content_type).value_or(""), message.body());
}

class Service final : public GatewayService {
public:
  Service(nats::Connection& connection, Gateway& gateway)
      : connection_(connection),
        gateway_(gateway),
        answers_(connection, {.name = "gateway", .durability = {}}),
        services_(answers_, inboxes_, {.version = "1.0.0", .node = "gateway"},
                  {{.name = "gateway",
                    .description = "simulated payment gateway",
                    .endpoints = {{.endpoint = &endpoint_, .data = {}}}}},
                  SystemClock{}.now()) {}

  Result<void> start() {
    auto subscribed = connection_.subscribe(
        subject, nats::queue_group, [this](const nats::Received& message) { pay(message); });
    if (!subscribed) return tl::make_unexpected(subscribed.error());
    subscription_ = std::move(*subscribed);
    return services_.start();
  }

private:
  void pay(const nats::Received& message) {
    const auto begun = std::chrono::steady_clock::now();
    const auto error = handle(message);
    endpoint_.record(std::chrono::steady_clock::now() - begun, error);
  }

  /// What went wrong, as the statistics show it, or empty.
  std::string handle(const nats::Received& message) {
    const auto inbox = inboxes_.of(message);
    if (!inbox) return std::to_string(code::malformed) + ":not to be answered at an inbox";
    const auto form = form_of(message);
    const auto key = message.header("Idempotency-Key");
    if (!key || !is_token(*key))
      return refuse(*inbox, code::malformed, "the header Idempotency-Key is missing or no token");
    const auto body = nats::read_body(GatewayRequest::default_instance(), form, message.body());
    if (!body) return refuse(*inbox, code::malformed, body.error().what);

    using When = GatewayReply::When;
    const auto reply =
        gateway_.handle(std::string(*key), static_cast<const GatewayRequest&>(**body));
    switch (reply.when) {
      case When::now:
        answer(*inbox, form, reply.answer);
        break;
      case When::late:
        answer_late(*inbox, form, reply.answer);
        break;
      case When::never:
        break;
      case When::down:
        return refuse(*inbox, code::not_available, "the gateway is down; try again later");
      case When::refused:
        return refuse(*inbox, key_reused, "this idempotency key was used for another request");
    }
    return {};
  }

  void answer(const nats::Inbox& to, nats::BodyForm form,
              const payments::v1::GatewayAnswer& answer) {
    send(to, {{nats::header::content_type, nats::content_type_of(form)}},
         nats::write_body(answer, form).value_or(""));
  }

  void answer_late(const nats::Inbox& to, nats::BodyForm form,
                   const payments::v1::GatewayAnswer& late) {
    if (!later_.run_after(late_after, [this, to, form, late] { answer(to, form, late); }))
      spdlog::warn("Too many late answers are waiting already; one is dropped.");
  }

  std::string refuse(const nats::Inbox& to, int code, const std::string& text) {
    send(to, {{nats::header::error, text}, {nats::header::error_code, std::to_string(code)}}, {});
    return std::to_string(code) + ":" + text;
  }

  void send(const nats::Inbox& to, const nats::Headers& headers, const std::string& body) {
    // A lost answer is asked for again by its key.
    (void)answers_.send(to, {.headers = headers, .body = body});
  }

  nats::Connection& connection_;
  Gateway& gateway_;
  nats::Inboxes inboxes_;
  nats::Answers answers_;
  nats::Endpoint endpoint_{"payments", subject, {}};
  DelayQueue later_;
  nats::Services services_;
  std::unique_ptr<nats::Connection::Subscribed> subscription_;  // last: ends the handler first
};

}  // namespace

Result<std::unique_ptr<GatewayService>> GatewayService::start(nats::Connection& connection,
                                                              Gateway& gateway) {
  auto service = std::make_unique<Service>(connection, gateway);
  if (const auto done = service->start(); !done) return tl::make_unexpected(done.error());
  return service;
}

}  // namespace troupe::tool

// What payments ask the gateway for, and what its answers are to the payment.
#pragma once

#include <chrono>
#include <string>

#include <troupe/effect.hpp>
#include "actors/payments/payment.hpp"
#include "payments/v1/gateway.pb.h"

namespace payments {

/// What the four calls have in common. Money that may have moved is never given up: the gateway is
/// asked until it answers, and no failed attempt says anything about the payment.
template <class E>
struct GatewayCall : troupe::Effect {
  using Aggregate = Payment;
  using Event = E;
  using Request = v1::GatewayRequest;
  using Answer = v1::GatewayAnswer;
  using Asks = troupe::Asks<Payment>;
  static constexpr troupe::Retry retry{.longest_pause = std::chrono::seconds(5),
                                       .age = troupe::Retry::no_limit};

  static Asks failed(const troupe::Recorded<Event>&, const troupe::FailedAttempt&) { return {}; }

protected:
  static Request asking(std::string_view operation, const troupe::Recorded<Event>& asked) {
    Request request;
    request.set_operation(std::string(operation));
    request.set_order_id(std::string(asked.id));
    request.set_amount(asked.data.amount().amount_minor());
    request.set_currency(asked.data.amount().currency());
    if constexpr (requires { asked.data.reference(); })
      request.set_reference(asked.data.reference());
    return request;
  }
};

struct GatewayAuthorize : GatewayCall<v1::AuthorizationRequested> {
  static constexpr std::string_view name = "gateway-authorize";

  static Request request(const troupe::Recorded<Event>& asked) {
    return asking("authorize", asked);
  }
  static Asks answered(const troupe::Recorded<Event>& asked, const Answer& answer) {
    return troupe::ask<Payment>(asked.id, troupe::make<v1::RecordAuthorization>([&](auto& record) {
                                  record.set_approved(answer.approved());
                                  record.set_reference(answer.reference());
                                  record.set_decline_code(answer.code());
                                }));
  }
};
static_assert(troupe::IsEffect<GatewayAuthorize>);

struct GatewayCapture : GatewayCall<v1::CaptureRequested> {
  static constexpr std::string_view name = "gateway-capture";

  static Request request(const troupe::Recorded<Event>& asked) { return asking("capture", asked); }
  static Asks answered(const troupe::Recorded<Event>& asked, const Answer& answer) {
    return troupe::ask<Payment>(asked.id, troupe::make<v1::RecordCapture>([&](auto& record) {
                                  record.set_approved(answer.approved());
                                  record.set_reference(answer.reference());
                                  record.set_code(answer.code());
                                }));
  }
};
static_assert(troupe::IsEffect<GatewayCapture>);

struct GatewayVoid : GatewayCall<v1::VoidRequested> {
  static constexpr std::string_view name = "gateway-void";

  static Request request(const troupe::Recorded<Event>& asked) { return asking("void", asked); }
  static Asks answered(const troupe::Recorded<Event>& asked, const Answer& answer) {
    return troupe::ask<Payment>(asked.id, troupe::make<v1::RecordVoid>([&](auto& record) {
                                  record.set_approved(answer.approved());
                                  record.set_code(answer.code());
                                }));
  }
};
static_assert(troupe::IsEffect<GatewayVoid>);

struct GatewayRefund : GatewayCall<v1::RefundRequested> {
  static constexpr std::string_view name = "gateway-refund";

  static Request request(const troupe::Recorded<Event>& asked) { return asking("refund", asked); }
  static Asks answered(const troupe::Recorded<Event>& asked, const Answer& answer) {
    return troupe::ask<Payment>(asked.id, troupe::make<v1::RecordRefund>([&](auto& record) {
                                  record.set_approved(answer.approved());
                                  record.set_code(answer.code());
                                }));
  }
};
static_assert(troupe::IsEffect<GatewayRefund>);

}  // namespace payments

// The payments service: what customers owe, paid, and got back.
#pragma once

#include <troupe/context.hpp>
#include "actors/payments/gateway.hpp"
#include "actors/payments/payment.hpp"
#include "actors/payments/payment_steps.hpp"

namespace payments {

struct Payments {
  static constexpr std::string_view name = "payments";
  using Parts = troupe::Parts<Payment, PaymentSteps, GatewayAuthorize, GatewayCapture, GatewayVoid,
                              GatewayRefund>;
};

}  // namespace payments

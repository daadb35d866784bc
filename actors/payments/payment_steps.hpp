// A payment listens to its order and to the order's reservation.
#pragma once

#include <troupe/reaction.hpp>
#include "actors/money.hpp"
#include "actors/payments/payment.hpp"
#include "inventory/v1/events.pb.h"
#include "ordering/v1/events.pb.h"

namespace payments {

struct PaymentSteps : troupe::Reaction {
  static constexpr std::string_view name = "payment-steps";
  using Aggregate = Payment;
  using Events =
      troupe::MessageSet<ordering::v1::OrderPlaced, ordering::v1::OrderConfirmed,
                         ordering::v1::OrderCancelled, inventory::v1::ReservationCompleted>;
  using Asks = troupe::Asks<Payment>;

  static Asks on(const troupe::Recorded<ordering::v1::OrderPlaced>& placed) {
    return troupe::ask<Payment>(placed.id, troupe::make<v1::OpenPayment>([&](auto& open) {
                                  *open.mutable_amount() =
                                      money::of(placed.data.total_minor(), placed.data.currency());
                                  open.set_customer_id(placed.data.customer_id());
                                }));
  }
  static Asks on(const troupe::Recorded<inventory::v1::ReservationCompleted>& completed) {
    return troupe::ask<Payment>(completed.id, v1::AuthorizePayment{});
  }
  static Asks on(const troupe::Recorded<ordering::v1::OrderConfirmed>& confirmed) {
    return troupe::ask<Payment>(confirmed.id, v1::CapturePayment{});
  }
  static Asks on(const troupe::Recorded<ordering::v1::OrderCancelled>& cancelled) {
    return troupe::ask<Payment>(cancelled.id, v1::CancelPayment{});
  }
};
static_assert(troupe::IsReaction<PaymentSteps>);

}  // namespace payments

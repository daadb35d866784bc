// An order listens to those who work for it: what they report confirms or ends it.
#pragma once

#include <string>

#include <troupe/reaction.hpp>
#include "actors/ordering/order.hpp"
#include "inventory/v1/events.pb.h"
#include "payments/v1/events.pb.h"

namespace ordering {

struct OrderOutcomes : troupe::Reaction {
  static constexpr std::string_view name = "order-outcomes";
  using Aggregate = Order;
  using Events =
      troupe::MessageSet<inventory::v1::ReservationFailed, payments::v1::PaymentAuthorized,
                         payments::v1::PaymentDeclined, payments::v1::CaptureFailed>;
  using Asks = troupe::Asks<Order>;

  static Asks on(const troupe::Recorded<inventory::v1::ReservationFailed>& failed) {
    return fail(failed.id, failed.data.reason());
  }
  static Asks on(const troupe::Recorded<payments::v1::PaymentAuthorized>& authorized) {
    return troupe::ask<Order>(authorized.id, v1::ConfirmOrder{});
  }
  static Asks on(const troupe::Recorded<payments::v1::PaymentDeclined>& declined) {
    return fail(declined.id, "payment_declined");
  }
  static Asks on(const troupe::Recorded<payments::v1::CaptureFailed>& failed) {
    return fail(failed.id, "capture_failed");
  }

private:
  static Asks fail(std::string_view order_id, const std::string& reason) {
    return troupe::ask<Order>(
        order_id, troupe::make<v1::FailOrder>([&](auto& fail) { fail.set_reason(reason); }));
  }
};
static_assert(troupe::IsReaction<OrderOutcomes>);

}  // namespace ordering

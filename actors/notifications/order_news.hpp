// Customers hear what becomes of their orders and of their money.
#pragma once

#include <string>

#include <troupe/reaction.hpp>
#include "actors/notifications/notification.hpp"
#include "actors/notifications/notification_id.hpp"
#include "ordering/v1/events.pb.h"
#include "payments/v1/events.pb.h"

namespace notifications {

struct OrderNews : troupe::Reaction {
  static constexpr std::string_view name = "order-news";
  using Aggregate = Notification;
  using Events = troupe::MessageSet<ordering::v1::OrderConfirmed, ordering::v1::OrderCancelled,
                                    payments::v1::PaymentRefunded>;
  using Asks = troupe::Asks<Notification>;

  static Asks on(const troupe::Recorded<ordering::v1::OrderConfirmed>& confirmed) {
    return tell("confirmed", confirmed.id, confirmed.data.customer_id(), confirmed.data.total());
  }
  static Asks on(const troupe::Recorded<ordering::v1::OrderCancelled>& cancelled) {
    return tell("cancelled", cancelled.id, cancelled.data.customer_id(), cancelled.data.total(),
                cancelled.data.reason());
  }
  static Asks on(const troupe::Recorded<payments::v1::PaymentRefunded>& refunded) {
    return tell("refunded", refunded.id, refunded.data.customer_id(), refunded.data.amount());
  }

private:
  static Asks tell(std::string_view kind, std::string_view order_id, const std::string& customer_id,
                   const money::v1::Money& amount, const std::string& reason = {}) {
    return troupe::ask<Notification>(notification_id(order_id, kind),
                                     troupe::make<v1::RequestNotification>([&](auto& request) {
                                       request.set_kind(std::string(kind));
                                       request.set_order_id(std::string(order_id));
                                       request.set_customer_id(customer_id);
                                       *request.mutable_amount() = amount;
                                       request.set_reason(reason);
                                     }));
  }
};
static_assert(troupe::IsReaction<OrderNews>);

}  // namespace notifications

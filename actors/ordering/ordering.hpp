// The ordering service: what customers want, and what becomes of it.
#pragma once

#include <troupe/context.hpp>
#include "actors/ordering/customer_orders.hpp"
#include "actors/ordering/deadline.hpp"
#include "actors/ordering/order.hpp"
#include "actors/ordering/order_outcomes.hpp"
#include "actors/ordering/orders.hpp"

namespace ordering {

struct Ordering {
  static constexpr std::string_view name = "ordering";
  using Parts = troupe::Parts<Order, OrderOutcomes, Deadline, Orders, GetOrder, CustomerOrders,
                              GetCustomerOrders>;
  using Public = troupe::Public<v1::PlaceOrder, v1::CancelOrder>;
};

}  // namespace ordering

// Read side: the orders of one customer, and the query that serves them. Guests have no row.
#pragma once

#include <algorithm>
#include <string>

#include <troupe/query.hpp>
#include "actors/ordering/order.hpp"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/rows.pb.h"
#include "ordering/v1/state.pb.h"

namespace ordering {

struct CustomerOrders : troupe::View {
  static constexpr std::string_view name = "customer-orders";
  using Row = v1::CustomerOrdersRow;
  using Events = Order::Events;

  template <class E>
  static std::string key(const troupe::Recorded<E>& event) {
    return event.data.customer_id();
  }

  static void project(Row& row, const troupe::Recorded<v1::OrderPlaced>& placed) {
    row.set_customer_id(placed.data.customer_id());
    auto& order = contribution(row, placed.id);
    order.set_status(v1::ORDER_STATUS_PLACED);
    *order.mutable_total() = money::of(placed.data.total_minor(), placed.data.currency());
    *order.mutable_placed_at() = troupe::to_timestamp(placed.time);
  }
  static void project(Row& row, const troupe::Recorded<v1::OrderConfirmed>& confirmed) {
    contribution(row, confirmed.id).set_status(v1::ORDER_STATUS_CONFIRMED);
  }
  static void project(Row& row, const troupe::Recorded<v1::OrderCancelled>& cancelled) {
    contribution(row, cancelled.id).set_status(v1::ORDER_STATUS_CANCELLED);
  }

private:
  /// Searched from the end, because what still happens, happens to recent orders.
  static v1::CustomerOrder& contribution(Row& row, std::string_view order_id) {
    auto& orders = *row.mutable_orders();
    const auto found = std::find_if(orders.rbegin(), orders.rend(), [&](const auto& order) {
      return order.order_id() == order_id;
    });
    if (found != orders.rend()) return *found;
    auto& added = *orders.Add();
    added.set_order_id(std::string(order_id));
    return added;
  }
};
static_assert(troupe::IsView<CustomerOrders>);

struct GetCustomerOrders : troupe::Query {
  using Question = v1::GetCustomerOrders;
  using Reply = v1::CustomerOrdersRow;

  static troupe::Answer<Reply> answer(const Question& question, const troupe::Views& views) {
    if (const auto row = views.get<CustomerOrders>(question.customer_id())) return *row;
    return troupe::Miss{"customer.no_orders"};
  }
};
static_assert(troupe::IsQuery<GetCustomerOrders>);

}  // namespace ordering

// An order that nobody confirms in time ends by itself.
#pragma once

#include <troupe/timer.hpp>
#include "actors/ordering/order.hpp"

namespace ordering {

struct Deadline : troupe::Timer {
  static constexpr std::string_view name = "deadline";
  using Aggregate = Order;
  using Events = Order::Events;
  using Change = troupe::TimerChange<Order>;

  static Change on(const troupe::Recorded<v1::OrderPlaced>& placed) {
    return Change::arm(troupe::to_time(placed.data.deadline()), v1::ExpireOrder{});
  }
  static Change on(const troupe::Recorded<v1::OrderConfirmed>&) { return troupe::disarm; }
  static Change on(const troupe::Recorded<v1::OrderCancelled>&) { return troupe::disarm; }
};
static_assert(troupe::IsTimer<Deadline>);

}  // namespace ordering

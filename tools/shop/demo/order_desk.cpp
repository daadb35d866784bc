#include "tools/shop/demo/order_desk.hpp"

#include <utility>

namespace troupe::tool {

void OrderDesk::add_order(const std::string& order_id, const std::string& customer) {
  orders_[order_id].customer = customer;
  if (!customer.empty()) customers_[customer].orders.push_back(order_id);
}

void OrderDesk::add_cancellation(const std::string& invoice, const std::string& customer) {
  if (customer.empty()) {
    due_.push_back({.invoice = invoice, .order_id = {}});
    return;
  }
  auto& who = customers_[customer];
  who.waiting.push_back({.invoice = invoice, .orders_before = who.orders.size()});
  serve(who);
}

bool OrderDesk::end_order(const std::string& order_id, Status status) {
  const auto found = orders_.find(order_id);
  if (found == orders_.end()) return false;
  auto& order = found->second;
  const bool was_open = order.status == Status::open;
  if (was_open || order.status == Status::confirmed) order.status = status;
  if (!order.customer.empty()) serve(customers_[order.customer]);
  return was_open;
}

std::vector<OrderDesk::Cancellation> OrderDesk::take_due() { return std::exchange(due_, {}); }

void OrderDesk::serve(Customer& customer) {
  while (customer.ended < customer.orders.size()
         && orders_[customer.orders[customer.ended]].status != Status::open)
    ++customer.ended;
  while (!customer.waiting.empty() && customer.waiting.front().orders_before <= customer.ended) {
    const auto waiting = std::move(customer.waiting.front());
    customer.waiting.pop_front();
    due_.push_back({.invoice = waiting.invoice,
                    .order_id = newest_confirmed(customer, waiting.orders_before)});
  }
}

std::string OrderDesk::newest_confirmed(const Customer& customer, std::size_t orders_before) {
  for (auto i = orders_before; i-- > 0;) {
    auto& order = orders_[customer.orders[i]];
    if (order.status != Status::confirmed || order.cancelling) continue;
    order.cancelling = true;
    return customer.orders[i];
  }
  return {};
}

}  // namespace troupe::tool

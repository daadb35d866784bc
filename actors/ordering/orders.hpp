// Read side: one row per order, and the query that serves it.
#pragma once

#include <troupe/query.hpp>
#include "actors/ordering/order.hpp"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/rows.pb.h"
#include "ordering/v1/state.pb.h"

namespace ordering {

struct Orders : troupe::View {
  static constexpr std::string_view name = "orders";
  using Row = v1::OrderRow;
  using Events = Order::Events;

  static void project(Row& row, const troupe::Recorded<v1::OrderPlaced>& placed) {
    row.set_order_id(std::string(placed.id));
    row.set_status(v1::ORDER_STATUS_PLACED);
    row.set_customer_id(placed.data.customer_id());
    *row.mutable_lines() = placed.data.lines();
    *row.mutable_total() = money::of(placed.data.total_minor(), placed.data.currency());
    *row.mutable_placed_at() = troupe::to_timestamp(placed.time);
    *row.mutable_deadline() = placed.data.deadline();
  }
  static void project(Row& row, const troupe::Recorded<v1::OrderConfirmed>& confirmed) {
    row.set_status(v1::ORDER_STATUS_CONFIRMED);
    *row.mutable_confirmed_at() = troupe::to_timestamp(confirmed.time);
  }
  static void project(Row& row, const troupe::Recorded<v1::OrderCancelled>& cancelled) {
    row.set_status(v1::ORDER_STATUS_CANCELLED);
    *row.mutable_cancelled_at() = troupe::to_timestamp(cancelled.time);
    row.set_cancel_reason(cancelled.data.reason());
    row.set_cancel_note(cancelled.data.note());
  }
};
static_assert(troupe::IsView<Orders>);

struct GetOrder : troupe::Query {
  using Question = v1::GetOrder;
  using Reply = v1::OrderRow;

  static troupe::Answer<Reply> answer(const Question& question, const troupe::Views& views) {
    if (const auto row = views.get<Orders>(question.order_id())) return *row;
    return troupe::Miss{"order.unknown"};
  }
};
static_assert(troupe::IsQuery<GetOrder>);

}  // namespace ordering

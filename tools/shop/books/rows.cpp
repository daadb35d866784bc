// I15 once more: rows recomputed from the events alone, without the shop's own projections.
#include <map>
#include <memory>
#include <string>

#include <google/protobuf/util/message_differencer.h>

#include "inventory/v1/events.pb.h"
#include "inventory/v1/rows.pb.h"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/rows.pb.h"
#include "ordering/v1/state.pb.h"
#include "tools/shop/books/shop_invariants.hpp"

namespace troupe::tool {

namespace {

namespace ordering = ::ordering::v1;
namespace inventory = ::inventory::v1;

template <class Row>
using Table = std::map<std::string, Row, std::less<>>;

/// When the commit was made, as rows keep it: in whole milliseconds.
google::protobuf::Timestamp when(const check::EventAt& event) {
  constexpr int nanos_per_millisecond = 1'000'000;
  auto time = event.commit->envelope.committed_at();
  time.set_nanos(time.nanos() / nanos_per_millisecond * nanos_per_millisecond);
  return time;
}

template <class Row>
void set_total(Row& row, const ordering::OrderPlaced& placed) {
  row.mutable_total()->set_amount_minor(placed.total_minor());
  row.mutable_total()->set_currency(placed.currency());
}

Table<ordering::OrderRow> orders(const check::DecodedContext& context) {
  Table<ordering::OrderRow> table;
  context.for_each_event("order", [&](const check::EventAt& event) {
    auto& row = table[event.id()];
    if (const auto* placed = event.as<ordering::OrderPlaced>()) {
      row.set_order_id(event.id());
      row.set_status(ordering::ORDER_STATUS_PLACED);
      row.set_customer_id(placed->customer_id());
      for (const auto& line : placed->lines()) *row.add_lines() = line;
      set_total(row, *placed);
      *row.mutable_placed_at() = when(event);
      *row.mutable_deadline() = placed->deadline();
    } else if (event.as<ordering::OrderConfirmed>() != nullptr) {
      row.set_status(ordering::ORDER_STATUS_CONFIRMED);
      *row.mutable_confirmed_at() = when(event);
    } else if (const auto* cancelled = event.as<ordering::OrderCancelled>()) {
      row.set_status(ordering::ORDER_STATUS_CANCELLED);
      *row.mutable_cancelled_at() = when(event);
      row.set_cancel_reason(cancelled->reason());
      row.set_cancel_note(cancelled->note());
    }
  });
  return table;
}

/// Guests have no row; a customer's orders stand in the order in which they were placed.
Table<ordering::CustomerOrdersRow> customer_orders(const check::DecodedContext& context) {
  struct Place {
    std::string customer;
    int index = 0;
  };
  Table<ordering::CustomerOrdersRow> table;
  std::map<std::string, Place> places;  // by order
  const auto set_status = [&](const check::EventAt& event, ordering::OrderStatus status) {
    const auto place = places.find(event.id());
    if (place == places.end()) return;
    table[place->second.customer].mutable_orders(place->second.index)->set_status(status);
  };
  context.for_each_event("order", [&](const check::EventAt& event) {
    if (const auto* placed = event.as<ordering::OrderPlaced>()) {
      if (placed->customer_id().empty()) return;
      auto& row = table[placed->customer_id()];
      row.set_customer_id(placed->customer_id());
      places[event.id()] = {.customer = placed->customer_id(), .index = row.orders_size()};
      auto& order = *row.add_orders();
      order.set_order_id(event.id());
      order.set_status(ordering::ORDER_STATUS_PLACED);
      set_total(order, *placed);
      *order.mutable_placed_at() = when(event);
    } else if (event.as<ordering::OrderConfirmed>() != nullptr) {
      set_status(event, ordering::ORDER_STATUS_CONFIRMED);
    } else if (event.as<ordering::OrderCancelled>() != nullptr) {
      set_status(event, ordering::ORDER_STATUS_CANCELLED);
    }
  });
  return table;
}

/// Articles that were only ever refused have no row.
Table<inventory::StockRow> stock(const check::DecodedContext& context) {
  Table<inventory::StockRow> table;
  const auto move = [&](const check::EventAt& event, std::int64_t received, std::int64_t on_hand,
                        std::int64_t reserved, std::int64_t shipped) {
    auto& row = table[event.id()];
    row.set_received(row.received() + received);
    row.set_on_hand(row.on_hand() + on_hand);
    row.set_reserved(row.reserved() + reserved);
    row.set_shipped(row.shipped() + shipped);
  };
  context.for_each_event("stock", [&](const check::EventAt& event) {
    if (const auto* e = event.as<inventory::StockReceived>()) {
      table[event.id()].set_article_id(event.id());
      move(event, e->quantity(), e->quantity(), 0, 0);
    }
    if (const auto* e = event.as<inventory::StockReserved>()) {
      move(event, 0, -e->quantity(), e->quantity(), 0);
    }
    if (const auto* e = event.as<inventory::StockReleased>()) {
      move(event, 0, e->quantity(), -e->quantity(), 0);
    }
    if (const auto* e = event.as<inventory::StockShipped>()) {
      move(event, 0, 0, -e->quantity(), e->quantity());
    }
    if (const auto* e = event.as<inventory::StockRestocked>()) {
      move(event, 0, e->quantity(), 0, -e->quantity());
    }
  });
  return table;
}

template <class Row>
void check_rows(const check::DecodedContext& context, const std::string& name,
                const Table<Row>& expected, check::Report& report) {
  const auto found = context.run->views.find(name);
  if (found == context.run->views.end()) return;
  const auto place = context.model->name + " view " + name + ", key ";
  for (const auto& [key, row] : expected) {
    const auto actual = found->second.rows.find(key);
    if (actual == found->second.rows.end()) {
      report.violated("I15", "the books have a row that the view lacks", place + key);
      continue;
    }
    Row held;
    if (!held.ParseFromString(actual->second)) continue;  // the runtime's part of I15 tells
    std::string differences;
    google::protobuf::util::MessageDifferencer differencer;
    differencer.ReportDifferencesToString(&differences);
    if (!differencer.Compare(held, row))
      report.violated("I15", "the row is not what the books say: " + differences, place + key);
  }
  for (const auto& [key, bytes] : found->second.rows)
    if (!expected.contains(key))
      report.violated("I15", "the books know nothing of the row", place + key);
}

}  // namespace

void check_shop_rows(const check::DecodedRun& run, check::Report& report) {
  if (const auto* context = run.context("ordering")) {
    check_rows(*context, "orders", orders(*context), report);
    check_rows(*context, "customer-orders", customer_orders(*context), report);
  }
  if (const auto* context = run.context("inventory"))
    check_rows(*context, "stock", stock(*context), report);
}

}  // namespace troupe::tool

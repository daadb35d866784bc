// Orders and notifications: the short chapters of the books.
#include "tools/shop/books/order_books.hpp"

#include <algorithm>
#include <array>

#include "notifications/v1/events.pb.h"
#include "ordering/v1/events.pb.h"

namespace troupe::tool {

namespace {

namespace ordering = ::ordering::v1;
namespace notifications = ::notifications::v1;

constexpr std::array<std::string_view, 6> cancel_reasons{
    "customer",         "out_of_stock",   "reservation_expired",
    "payment_declined", "capture_failed", "deadline"};

void place(BookedOrder& order, const check::EventAt& event, const ordering::OrderPlaced& placed,
           check::Report& report) {
  if (order.status != BookedOrder::Status::none) illegal(event, "placed twice", report);
  order.status = BookedOrder::Status::placed;
  order.customer = placed.customer_id();
  order.currency = placed.currency();
  order.total_minor = placed.total_minor();
  std::int64_t sum = 0;
  for (const auto& line : placed.lines()) {
    order.lines.push_back({line.article_id(), line.quantity()});
    sum += line.quantity() * line.unit_price_minor();
  }
  if (sum != placed.total_minor())
    report.violated("I12",
                    "the lines come to " + std::to_string(sum) + ", the total to "
                        + std::to_string(placed.total_minor()),
                    event.name());
}

/// What every later event repeats of the order.
template <class E>
void check_repeats(const BookedOrder& order, const check::EventAt& event, const E& later,
                   check::Report& report) {
  if (later.total().amount_minor() != order.total_minor
      || later.total().currency() != order.currency)
    report.violated("I12", "the total differs from the one that was placed", event.name());
  if (later.customer_id() != order.customer)
    illegal(event, "the customer differs from the one who placed it", report);
}

void read_order_event(BookedOrder& order, const check::EventAt& event, check::Report& report) {
  using Status = BookedOrder::Status;
  order.last = event.name();
  if (const auto* placed = event.as<ordering::OrderPlaced>()) {
    place(order, event, *placed, report);
  } else if (const auto* confirmed = event.as<ordering::OrderConfirmed>()) {
    if (order.status != Status::placed) illegal(event, "confirmed, but not open", report);
    check_repeats(order, event, *confirmed, report);
    order.status = Status::confirmed;
    order.was_confirmed = true;
  } else if (const auto* cancelled = event.as<ordering::OrderCancelled>()) {
    if (!order.ended() && order.status != Status::placed)
      illegal(event, "cancelled, but never placed", report);
    if (order.status == Status::cancelled) illegal(event, "cancelled twice", report);
    if (cancelled->was_confirmed() != (order.status == Status::confirmed))
      illegal(event, "was_confirmed is wrong", report);
    if (std::find(cancel_reasons.begin(), cancel_reasons.end(), cancelled->reason())
        == cancel_reasons.end())
      illegal(event, "unknown reason " + cancelled->reason(), report);
    check_repeats(order, event, *cancelled, report);
    order.status = Status::cancelled;
    report.count("cancelled: " + cancelled->reason());
  }
}

void read_notification_event(BookedNotification& notification, const check::EventAt& event,
                             check::Report& report) {
  using Status = BookedNotification::Status;
  notification.last = event.name();
  if (const auto* requested = event.as<notifications::NotificationRequested>()) {
    if (notification.status != Status::none) illegal(event, "requested twice", report);
    notification.status = Status::requested;
    notification.order = requested->order_id();
    notification.kind = requested->kind();
    return;
  }
  if (notification.status == Status::none || notification.status == Status::sent)
    illegal(event, "no sending is under way", report);
  if (event.as<notifications::NotificationSent>() != nullptr) {
    notification.status = Status::sent;
  } else {
    if (notification.status == Status::given_up) illegal(event, "it was given up", report);
    if (event.as<notifications::NotificationGivenUp>() != nullptr)
      notification.status = Status::given_up;
  }
}

}  // namespace

void illegal(const check::EventAt& event, std::string_view why, check::Report& report) {
  report.violated(
      "I10", event.data().GetDescriptor()->name() + " is no legal step here: " + std::string(why),
      event.name());
}

void read_orders(const check::DecodedContext& ordering, OrderBooks& books, check::Report& report) {
  ordering.for_each_event("order", [&](const check::EventAt& event) {
    read_order_event(books.orders[event.id()], event, report);
  });
  report.count("orders placed", books.orders.size());
  for (const auto& [id, order] : books.orders)
    if (order.status == BookedOrder::Status::confirmed) report.count("orders confirmed");
}

void read_notifications(const check::DecodedContext& notifications, OrderBooks& books,
                        check::Report& report) {
  notifications.for_each_event("notification", [&](const check::EventAt& event) {
    read_notification_event(books.notifications[event.id()], event, report);
  });
  for (const auto& [id, notification] : books.notifications) {
    if (notification.status == BookedNotification::Status::sent) report.count("notifications sent");
    if (notification.status == BookedNotification::Status::given_up)
      report.count("notifications given up");
  }
}

OrderBooks read_books(const check::DecodedRun& run, check::Report& report) {
  OrderBooks books;
  if (const auto* ordering = run.context("ordering")) read_orders(*ordering, books, report);
  if (const auto* inventory = run.context("inventory")) {
    read_reservations(*inventory, books, report);
    read_stock(*inventory, books, report);
  }
  if (const auto* payments = run.context("payments")) read_payments(*payments, books, report);
  if (const auto* notifications = run.context("notifications"))
    read_notifications(*notifications, books, report);
  return books;
}

}  // namespace troupe::tool

// An order: placed once, then confirmed or cancelled; a confirmed one may still be cancelled.
#pragma once

#include <string>

#include <troupe/aggregate.hpp>
#include <troupe/timestamp.hpp>
#include "actors/money.hpp"
#include "ordering/v1/commands.pb.h"
#include "ordering/v1/events.pb.h"
#include "ordering/v1/state.pb.h"

namespace ordering {

struct Order {
  static constexpr std::string_view name = "order";
  using State = v1::OrderState;
  using Commands = troupe::MessageSet<v1::PlaceOrder, v1::CancelOrder, v1::ConfirmOrder,
                                      v1::FailOrder, v1::ExpireOrder>;
  using Events = troupe::MessageSet<v1::OrderPlaced, v1::OrderConfirmed, v1::OrderCancelled>;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection already_placed{"order.already_placed"};
  static constexpr troupe::Rejection no_lines{"order.no_lines"};
  static constexpr troupe::Rejection too_many_lines{"order.too_many_lines"};
  static constexpr troupe::Rejection bad_article{"order.bad_article"};
  static constexpr troupe::Rejection bad_quantity{"order.bad_quantity"};
  static constexpr troupe::Rejection bad_price{"order.bad_price"};
  static constexpr troupe::Rejection bad_customer{"order.bad_customer"};
  static constexpr troupe::Rejection bad_currency{"order.bad_currency"};
  static constexpr troupe::Rejection bad_patience{"order.bad_patience"};
  static constexpr troupe::Rejection total_too_large{"order.total_too_large"};
  static constexpr troupe::Rejection reason_too_long{"order.reason_too_long"};
  static constexpr troupe::Rejection bad_reason{"order.bad_reason"};
  static constexpr troupe::Rejection unknown{"order.unknown"};

  static constexpr int lines_max = 1'000;
  static constexpr std::int64_t quantity_max = 1'000'000;
  static constexpr std::int64_t unit_price_minor_max = 1'000'000'000;
  static constexpr std::size_t reason_bytes_max = 1'000;
  static constexpr std::chrono::milliseconds patience_default = std::chrono::minutes(10);
  static constexpr std::chrono::milliseconds patience_max = std::chrono::hours(24);

  // A total within its limit plus one line within its limits cannot overflow.
  static_assert(quantity_max * unit_price_minor_max <= INT64_MAX - money::amount_minor_max);

  static Decision decide(const State& order, const v1::PlaceOrder& place,
                         const troupe::Issue& issue) {
    if (order.status() != v1::ORDER_STATUS_UNKNOWN) return already_placed;
    if (!place.customer_id().empty() && !troupe::is_token(place.customer_id())) return bad_customer;
    if (!money::is_currency(place.currency())) return bad_currency;
    if (place.patience_ms() < 0 || place.patience_ms() > patience_max.count()) return bad_patience;
    if (place.lines().empty()) return no_lines;
    if (place.lines_size() > lines_max) return too_many_lines;

    std::int64_t total_minor = 0;
    for (const auto& line : place.lines()) {
      if (!troupe::is_token(line.article_id())) return bad_article;
      if (line.quantity() <= 0 || line.quantity() > quantity_max) return bad_quantity;
      if (line.unit_price_minor() <= 0 || line.unit_price_minor() > unit_price_minor_max)
        return bad_price;
      total_minor += line.quantity() * line.unit_price_minor();
      if (total_minor > money::amount_minor_max) return total_too_large;
    }

    return troupe::make<v1::OrderPlaced>([&](auto& e) {
      e.set_customer_id(place.customer_id());
      e.set_currency(place.currency());
      *e.mutable_lines() = place.lines();
      e.set_total_minor(total_minor);
      *e.mutable_deadline() = troupe::to_timestamp(issue.issued_at + patience(place));
    });
  }

  static Decision decide(const State& order, const v1::CancelOrder& cancel) {
    if (order.status() == v1::ORDER_STATUS_UNKNOWN) return unknown;
    if (cancel.reason().size() > reason_bytes_max) return reason_too_long;
    if (order.status() == v1::ORDER_STATUS_CANCELLED) return troupe::nothing;
    auto cancelled = cancelled_by(order, "customer");
    cancelled.set_note(cancel.reason());
    return cancelled;
  }

  /// Too late is no mistake: whoever asked hears of the cancellation as well.
  static Decision decide(const State& order, const v1::ConfirmOrder&) {
    if (order.status() == v1::ORDER_STATUS_UNKNOWN) return unknown;
    if (order.status() != v1::ORDER_STATUS_PLACED) return troupe::nothing;
    return troupe::make<v1::OrderConfirmed>([&](auto& e) {
      e.set_customer_id(order.customer_id());
      *e.mutable_total() = order.total();
    });
  }

  static Decision decide(const State& order, const v1::FailOrder& fail) {
    if (order.status() == v1::ORDER_STATUS_UNKNOWN) return unknown;
    if (!troupe::is_token(fail.reason())) return bad_reason;
    if (order.status() == v1::ORDER_STATUS_CANCELLED) return troupe::nothing;
    return cancelled_by(order, fail.reason());
  }

  static Decision decide(const State& order, const v1::ExpireOrder&) {
    if (order.status() == v1::ORDER_STATUS_UNKNOWN) return unknown;
    if (order.status() != v1::ORDER_STATUS_PLACED) return troupe::nothing;
    return cancelled_by(order, "deadline");
  }

  static void evolve(State& order, const v1::OrderPlaced& e) {
    order.set_status(v1::ORDER_STATUS_PLACED);
    order.set_customer_id(e.customer_id());
    *order.mutable_total() = money::of(e.total_minor(), e.currency());
  }
  static void evolve(State& order, const v1::OrderConfirmed&) {
    order.set_status(v1::ORDER_STATUS_CONFIRMED);
  }
  static void evolve(State& order, const v1::OrderCancelled&) {
    order.set_status(v1::ORDER_STATUS_CANCELLED);
  }

private:
  static std::chrono::milliseconds patience(const v1::PlaceOrder& place) {
    return place.patience_ms() == 0 ? patience_default
                                    : std::chrono::milliseconds(place.patience_ms());
  }
  static v1::OrderCancelled cancelled_by(const State& order, const std::string& reason) {
    return troupe::make<v1::OrderCancelled>([&](auto& e) {
      e.set_reason(reason);
      e.set_was_confirmed(order.status() == v1::ORDER_STATUS_CONFIRMED);
      e.set_customer_id(order.customer_id());
      *e.mutable_total() = order.total();
    });
  }
};
static_assert(troupe::Aggregate<Order>);

}  // namespace ordering

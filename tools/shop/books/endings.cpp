// I10 to I13 in the end: every order's four stories must fit together.
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "tools/shop/books/shop_invariants.hpp"

namespace troupe::tool {

namespace {

template <class Booked>
const Booked& of(const std::unordered_map<std::string, Booked>& all, const std::string& id) {
  static const Booked none;
  const auto found = all.find(id);
  return found == all.end() ? none : found->second;
}

/// Looks at one order that has ended, and at what was done for it elsewhere.
class Ending {
public:
  Ending(const OrderBooks& books, const check::Poison& poison, const std::string& id,
         const BookedOrder& order, check::Report& report)
      : books_(books),
        poisoned_(poison.concerns("evt.ordering.order." + id)),
        order_(order),
        reservation_(of(books.reservations, id)),
        payment_(of(books.payments, id)),
        id_(id),
        report_(report) {}

  void check() const {
    if (confirmed())
      check_confirmed();
    else
      check_cancelled();
    check_payment();
    check_lines();
  }

private:
  bool confirmed() const { return order_.status == BookedOrder::Status::confirmed; }

  void require(std::string_view invariant, bool right, std::string_view what,
               const std::string& last) const {
    if (!right)
      report_.violated(invariant, "order " + id_ + ' ' + std::string(what),
                       last.empty() ? order_.last : last);
  }

  void check_confirmed() const {
    require("I10", payment_.status == BookedPayment::Status::captured,
            "is confirmed, but its payment has not ended as captured", payment_.last);
    require("I10", reservation_.status == BookedReservation::Status::shipped,
            "is confirmed, but its reservation has not ended as shipped", reservation_.last);
    require("I13", payment_.captures == 1 && payment_.refunded_minor == 0,
            "is confirmed, but not paid exactly once", payment_.last);
    require("I13", reservation_.lines == order_.lines, "is confirmed with other lines than ordered",
            reservation_.last);
  }

  void check_cancelled() const {
    using Payment = BookedPayment::Status;
    const auto status = payment_.status;
    require("I10",
            status == Payment::closed || status == Payment::declined || status == Payment::voided
                || status == Payment::refunded || status == Payment::void_refused
                || status == Payment::refund_refused,
            "is cancelled, but its payment has not ended", payment_.last);
    require("I12", status != Payment::void_refused && status != Payment::refund_refused,
            "is cancelled, but the gateway refused to give the money back", payment_.last);
    // Of a poisoned order the reservation may hear nothing: what it would have heard is parked.
    require("I10",
            (poisoned_ && reservation_.status == BookedReservation::Status::none)
                || reservation_.status == BookedReservation::Status::failed
                || reservation_.status == BookedReservation::Status::released,
            "is cancelled, but its reservation has not ended", reservation_.last);
    require("I13", payment_.captured_minor == payment_.refunded_minor,
            "is cancelled, but the customer's money was kept", payment_.last);
  }

  void check_payment() const {
    const std::int64_t stands = confirmed() ? order_.total_minor : 0;
    require("I12", payment_.captured_minor - payment_.refunded_minor == stands,
            "should have moved " + std::to_string(stands) + ", but "
                + std::to_string(payment_.captured_minor) + " were captured and "
                + std::to_string(payment_.refunded_minor) + " refunded",
            payment_.last);
    if (payment_.amount_minor != 0)
      require("I12",
              payment_.amount_minor == order_.total_minor && payment_.currency == order_.currency,
              "has another total than its payment", payment_.last);
  }

  const BookedReference& stock_of(std::size_t line) const {
    const auto reference = order_.lines[line].article + ' ' + id_ + ':' + std::to_string(line + 1);
    return of(books_.references, reference);
  }

  void check_lines() const {
    for (std::size_t i = 0; i < order_.lines.size(); ++i) {
      const auto& line = order_.lines[i];
      const auto& stock = stock_of(i);
      require("I11", stock.held == 0, "has ended, but pieces are still reserved for it",
              stock.last);
      if (confirmed())
        require("I13",
                stock.shipments == 1 && stock.shipped == line.quantity && stock.restocked == 0,
                "is confirmed, but a line was not shipped exactly once", stock.last);
      else
        require("I13", stock.shipped == stock.restocked,
                "is cancelled, but pieces shipped for it were not restocked", stock.last);
    }
  }

  const OrderBooks& books_;
  const bool poisoned_;
  const BookedOrder& order_;
  const BookedReservation& reservation_;
  const BookedPayment& payment_;
  const std::string& id_;
  check::Report& report_;
};

/// Stock that moved in the name of an order's line must be that line's.
void check_references(const OrderBooks& books, check::Report& report) {
  for (const auto& [key, stock] : books.references) {
    const auto space = key.find(' ');
    const auto colon = key.rfind(':');
    if (colon == std::string::npos || colon < space) continue;
    const auto order = books.orders.find(key.substr(space + 1, colon - space - 1));
    if (order == books.orders.end()) continue;
    std::size_t number = 0;
    std::from_chars(key.data() + colon + 1, key.data() + key.size(), number);
    const auto& lines = order->second.lines;
    if (number < 1 || number > lines.size() || lines[number - 1].article != stock.article)
      report.violated("I13", "stock moved for a line that order " + order->first + " does not have",
                      stock.last);
  }
}

/// Payments and reservations belong to orders.
template <class Booked>
void check_owned(const std::unordered_map<std::string, Booked>& all, const OrderBooks& books,
                 std::string_view what, check::Report& report) {
  for (const auto& [id, booked] : all)
    if (!books.orders.contains(id))
      report.violated("I13", std::string(what) + ' ' + id + " has no order", booked.last);
}

/// Every kind of news, once per order that has it.
void check_notifications(const OrderBooks& books, check::Report& report) {
  std::map<std::pair<std::string_view, std::string_view>, unsigned> told;  // order, kind
  for (const auto& [id, notification] : books.notifications) {
    ++told[{notification.order, notification.kind}];
    if (notification.status == BookedNotification::Status::requested)
      report.violated("I10", "notification " + id + " was neither sent nor given up",
                      notification.last);
  }
  const auto require_one = [&](const std::string& order, std::string_view kind,
                               const std::string& last) {
    const auto found = told.find({order, kind});
    const auto times = found == told.end() ? 0 : found->second;
    if (times != 1)
      report.violated("I10",
                      "order " + order + " should have one notification \"" + std::string(kind)
                          + "\", not " + std::to_string(times),
                      last);
  };
  for (const auto& [id, order] : books.orders) {
    if (order.was_confirmed) require_one(id, "confirmed", order.last);
    if (order.status == BookedOrder::Status::cancelled) require_one(id, "cancelled", order.last);
  }
  for (const auto& [id, payment] : books.payments)
    if (payment.status == BookedPayment::Status::refunded)
      require_one(id, "refunded", payment.last);
}

void check_totals(const OrderBooks& books, check::Report& report) {
  std::map<std::string, std::int64_t> kept, stands;  // by currency
  for (const auto& [id, payment] : books.payments)
    kept[payment.currency] += payment.captured_minor - payment.refunded_minor;
  for (const auto& [id, order] : books.orders)
    if (order.status == BookedOrder::Status::confirmed) stands[order.currency] += order.total_minor;
  for (const auto& [currency, amount] : kept)
    if (!currency.empty() && amount != stands[currency])
      report.violated("I12",
                      "captured - refunded is " + std::to_string(amount) + ' ' + currency
                          + ", the confirmed orders come to " + std::to_string(stands[currency]),
                      "all payments in " + currency);
}

}  // namespace

void check_endings(const OrderBooks& books, const check::Poison& poison, check::Report& report) {
  for (const auto& [id, order] : books.orders) {
    if (order.ended())
      Ending(books, poison, id, order, report).check();
    else
      report.violated("I10", "order " + id + " never ended", order.last);
  }
  check_references(books, report);
  check_owned(books.payments, books, "payment", report);
  check_owned(books.reservations, books, "reservation", report);
  check_notifications(books, report);
  check_totals(books, report);
}

}  // namespace troupe::tool

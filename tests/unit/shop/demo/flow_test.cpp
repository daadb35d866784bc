// What has become of orders, from the events of all contexts.
#include "tools/shop/demo/flow.hpp"

#include <catch2/catch_all.hpp>

#include "inventory/v1/events.pb.h"
#include "notifications/v1/events.pb.h"
#include "ordering/v1/events.pb.h"
#include "payments/v1/events.pb.h"

namespace {

using troupe::tool::Flow;
using troupe::tool::OrderFate;

template <class... Events>
std::vector<Flow::Change> apply(Flow& flow, const std::string& aggregate, const std::string& id,
                                const Events&... events) {
  troupe::v1::Commit commit;
  commit.set_aggregate(aggregate);
  commit.set_id(id);
  (commit.add_events()->PackFrom(events), ...);
  return flow.apply(commit);
}

ordering::v1::OrderCancelled cancelled(const std::string& reason) {
  ordering::v1::OrderCancelled event;
  event.set_reason(reason);
  return event;
}

inventory::v1::ReservationRequested request_of_one_line() {
  inventory::v1::ReservationRequested event;
  event.add_lines()->set_article_id("a");
  return event;
}

/// An order up to its confirmation, paid and shipped, its mail sent.
void confirm(Flow& flow, const std::string& id) {
  apply(flow, "order", id, ordering::v1::OrderPlaced{});
  apply(flow, "reservation", id, request_of_one_line());
  apply(flow, "stock", "a", inventory::v1::StockReserved{});
  apply(flow, "order", id, ordering::v1::OrderConfirmed{});
  apply(flow, "payment", id, payments::v1::PaymentCaptured{});
  apply(flow, "reservation", id, inventory::v1::ReservationShipped{});
  apply(flow, "stock", "a", inventory::v1::StockShipped{});
  apply(flow, "notification", id + "-confirmed", notifications::v1::NotificationSent{});
}

TEST_CASE("nothing is settled before money, goods and mails are", "[demo]") {
  Flow flow;
  CHECK(flow.unsettled().empty());
  apply(flow, "order", "1", ordering::v1::OrderPlaced{});
  CHECK(flow.unsettled() == "1 orders, 1 payments, 1 reservations");
  const auto changes = apply(flow, "order", "1", ordering::v1::OrderConfirmed{});
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].fate == OrderFate::confirmed);
  CHECK(flow.unsettled() == "1 payments, 1 reservations, 1 mails");
}

TEST_CASE("a confirmed order is settled once it is paid, shipped and announced", "[demo]") {
  Flow flow;
  confirm(flow, "1");
  CHECK(flow.unsettled().empty());
  CHECK(flow.counts().standing == 1);
}

TEST_CASE("an order that is cancelled after its confirmation is refunded and restocked", "[demo]") {
  Flow flow;
  confirm(flow, "1");
  apply(flow, "order", "1", cancelled("customer"));
  CHECK(flow.unsettled() == "1 payments, 1 reservations, 1 mails");
  inventory::v1::ReservationReleased released;
  released.add_lines_to_restock()->set_line(1);
  apply(flow, "reservation", "1", released);
  apply(flow, "payment", "1", payments::v1::PaymentRefunded{});
  CHECK(flow.unsettled() == "1 restocks, 2 mails");
  apply(flow, "stock", "a", inventory::v1::StockRestocked{});
  apply(flow, "notification", "1-cancelled", notifications::v1::NotificationSent{});
  apply(flow, "notification", "1-refunded", notifications::v1::NotificationGivenUp{});
  CHECK(flow.unsettled().empty());
  CHECK(flow.counts().standing == 0);
  CHECK(flow.counts().cancelled == 1);
  CHECK(flow.counts().refunds == 1);
  CHECK(flow.counts().reasons.at("customer") == 1);
}

TEST_CASE("contexts may be read in any order", "[demo]") {
  Flow flow;
  apply(flow, "payment", "1", payments::v1::PaymentClosed{});
  inventory::v1::ReservationFailed failed;
  apply(flow, "stock", "a", inventory::v1::StockRefused{});
  apply(flow, "reservation", "1", request_of_one_line());
  apply(flow, "reservation", "1", failed);
  apply(flow, "notification", "1-cancelled", notifications::v1::NotificationSent{});
  CHECK_FALSE(flow.unsettled().empty());
  apply(flow, "order", "1", ordering::v1::OrderPlaced{}, cancelled("out_of_stock"));
  CHECK(flow.unsettled().empty());
}

}  // namespace

TEST_CASE("an order that is somebody else's is not waited for, but its mail is", "[flow]") {
  Flow flow([](const std::string& order_id) { return order_id != "poison-1"; });
  apply(flow, "order", "poison-1", ordering::v1::OrderPlaced{});
  CHECK(flow.counts().placed == 0);
  CHECK(flow.unsettled().empty());
  CHECK(apply(flow, "order", "poison-1", cancelled("deadline")).empty());
  CHECK(flow.unsettled() == "1 mails");
  apply(flow, "notification", "n-1", notifications::v1::NotificationSent{});
  CHECK(flow.unsettled().empty());
}

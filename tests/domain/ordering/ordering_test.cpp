// What ordering listens to, when it wakes, and what it shows.
#include "actors/ordering/ordering.hpp"
#include <troupe/testing/given.hpp>

using namespace ordering;
using troupe::testing::asked, troupe::testing::given, troupe::testing::pb, troupe::testing::row;

namespace {

const auto placed = pb<v1::OrderPlaced>(
    "customer_id: 'ann' currency: 'EUR' total_minor: 500 deadline { seconds: 50000 nanos: 7000000 }"
    "lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 }");
const auto by_guest = pb<v1::OrderPlaced>("currency: 'EUR' total_minor: 500");
const auto confirmed =
    pb<v1::OrderConfirmed>("customer_id: 'ann' total { amount_minor: 500 currency: 'EUR' }");
const auto cancelled = pb<v1::OrderCancelled>(
    "reason: 'customer' note: 'too slow' customer_id: 'ann' "
    "total { amount_minor: 500 currency: 'EUR' }");

}  // namespace

TEST_CASE("an authorised payment confirms its order", "[ordering]") {
  given<OrderOutcomes>()
      .when("o-1", payments::v1::PaymentAuthorized{})
      .then_asks(asked("o-1", v1::ConfirmOrder{}));
}
TEST_CASE("whatever fails an order is named in its cancellation", "[ordering]") {
  given<OrderOutcomes>()
      .when("o-1", pb<inventory::v1::ReservationFailed>("reason: 'out_of_stock'"))
      .then_asks(asked("o-1", pb<v1::FailOrder>("reason: 'out_of_stock'")));
  given<OrderOutcomes>()
      .when("o-1", payments::v1::PaymentDeclined{})
      .then_asks(asked("o-1", pb<v1::FailOrder>("reason: 'payment_declined'")));
  given<OrderOutcomes>()
      .when("o-1", payments::v1::CaptureFailed{})
      .then_asks(asked("o-1", pb<v1::FailOrder>("reason: 'capture_failed'")));
}

TEST_CASE("the deadline runs from placing to confirmation or cancellation", "[ordering]") {
  given<Deadline>()
      .when("o-1", placed)
      .then_arms(troupe::Time(std::chrono::milliseconds(50'000'007)), v1::ExpireOrder{});
  given<Deadline>().when("o-1", confirmed).then_disarms();
  given<Deadline>().when("o-1", cancelled).then_disarms();
}

TEST_CASE("an order's row tells its story", "[ordering]") {
  given<Orders>()
      .when("o-1", placed)
      .then_row("o-1", pb<v1::OrderRow>(R"(
          order_id: 'o-1' status: ORDER_STATUS_PLACED customer_id: 'ann'
          lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 }
          total { amount_minor: 500 currency: 'EUR' }
          placed_at { seconds: 43200 } deadline { seconds: 50000 nanos: 7000000 })"))
      .when("o-1", confirmed)
      .when("o-1", cancelled)
      .then_row("o-1", pb<v1::OrderRow>(R"(
          order_id: 'o-1' status: ORDER_STATUS_CANCELLED customer_id: 'ann'
          lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 }
          total { amount_minor: 500 currency: 'EUR' }
          placed_at { seconds: 43200 } deadline { seconds: 50000 nanos: 7000000 }
          confirmed_at { seconds: 43200 } cancelled_at { seconds: 43200 }
          cancel_reason: 'customer' cancel_note: 'too slow')"));
}
TEST_CASE("a customer's row holds what each order contributes", "[ordering]") {
  given<CustomerOrders>()
      .when("o-1", placed)
      .when("o-2", placed)
      .when("o-1", confirmed)
      .when("o-2", cancelled)
      .then_row("ann", pb<v1::CustomerOrdersRow>(R"(
          customer_id: 'ann'
          orders { order_id: 'o-1' status: ORDER_STATUS_CONFIRMED placed_at { seconds: 43200 }
                   total { amount_minor: 500 currency: 'EUR' } }
          orders { order_id: 'o-2' status: ORDER_STATUS_CANCELLED placed_at { seconds: 43200 }
                   total { amount_minor: 500 currency: 'EUR' } })"));
}
TEST_CASE("a guest has no row", "[ordering]") {
  given<CustomerOrders>().when("o-1", by_guest).then_no_row();
}

TEST_CASE("an order is found by its id, another one is not", "[ordering]") {
  const auto found = pb<v1::OrderRow>("order_id: 'o-1'");
  const auto rows = given<GetOrder>(row<Orders>("o-1", found));
  rows.when(pb<v1::GetOrder>("order_id: 'o-1'")).then(found);
  rows.when(pb<v1::GetOrder>("order_id: 'o-2'")).then_missed("order.unknown");
}
TEST_CASE("a customer's orders are found by the customer", "[ordering]") {
  const auto found = pb<v1::CustomerOrdersRow>("customer_id: 'ann'");
  const auto rows = given<GetCustomerOrders>(row<CustomerOrders>("ann", found));
  rows.when(pb<v1::GetCustomerOrders>("customer_id: 'ann'")).then(found);
  rows.when(pb<v1::GetCustomerOrders>("customer_id: 'bob'")).then_missed("customer.no_orders");
}

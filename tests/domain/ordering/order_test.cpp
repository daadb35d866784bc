// What an order accepts, refuses and quietly ignores.
#include <array>
#include <random>

#include <troupe/testing/given.hpp>
#include "actors/ordering/order.hpp"

using namespace ordering;
using troupe::testing::given, troupe::testing::pb;

namespace {

const std::string two_lines =
    "lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 } "
    "lines { article_id: 'jug' quantity: 1 unit_price_minor: 700 } ";
const auto place = pb<v1::PlaceOrder>("customer_id: 'ann' currency: 'EUR' " + two_lines);
const auto placed = pb<v1::OrderPlaced>("customer_id: 'ann' currency: 'EUR' " + two_lines
                                        + "total_minor: 1200 deadline { seconds: 43800 }");
const auto confirmed =
    pb<v1::OrderConfirmed>("customer_id: 'ann' total { amount_minor: 1200 currency: 'EUR' }");
const auto cancelled = pb<v1::OrderCancelled>(
    "reason: 'customer' customer_id: 'ann' total { amount_minor: 1200 currency: 'EUR' }");

v1::OrderCancelled cancelled_for(const std::string& reason, bool was_confirmed = false) {
  auto event = cancelled;
  event.set_reason(reason);
  event.set_was_confirmed(was_confirmed);
  return event;
}

/// `place` with one thing changed.
template <class Change>
v1::PlaceOrder place_with(Change&& change) {
  auto changed = place;
  change(changed);
  return changed;
}

v1::PlaceOrder order_of(int lines, int quantity, std::int64_t unit_price_minor) {
  v1::PlaceOrder order = pb<v1::PlaceOrder>("currency: 'EUR'");
  for (int i = 0; i < lines; ++i) {
    auto& line = *order.add_lines();
    line.set_article_id("article-" + std::to_string(i));
    line.set_quantity(quantity);
    line.set_unit_price_minor(unit_price_minor);
  }
  return order;
}

}  // namespace

TEST_CASE("a placed order knows its total and its deadline", "[order]") {
  given<Order>().when(place).then(placed);
}
TEST_CASE("a guest may order", "[order]") {
  auto by_guest = placed;
  by_guest.clear_customer_id();
  given<Order>().when(place_with([](auto& p) { p.clear_customer_id(); })).then(by_guest);
}
TEST_CASE("a customer decides how long an order may wait", "[order]") {
  auto later = placed;
  later.mutable_deadline()->set_seconds(43'200 + 24 * 3600);
  given<Order>()
      .when(place_with([](auto& p) { p.set_patience_ms(Order::patience_max.count()); }))
      .then(later);
}
TEST_CASE("the same article may stand on two lines", "[order]") {
  const std::string lines =
      "lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 } "
      "lines { article_id: 'mug' quantity: 3 unit_price_minor: 200 } ";
  given<Order>()
      .when(pb<v1::PlaceOrder>("currency: 'EUR' " + lines))
      .then(pb<v1::OrderPlaced>("currency: 'EUR' " + lines
                                + "total_minor: 1100 deadline { seconds: 43800 }"));
}
TEST_CASE("an order id is used once", "[order]") {
  given<Order>(placed).when(place).then_rejected(Order::already_placed);
  given<Order>(placed, cancelled).when(place).then_rejected(Order::already_placed);
}
TEST_CASE("an order that makes no sense is refused", "[order]") {
  const auto refused = [](auto&& change, troupe::Rejection expected) {
    given<Order>().when(place_with(change)).then_rejected(expected);
  };
  refused([](auto& p) { p.clear_lines(); }, Order::no_lines);
  refused([](auto& p) { p.set_customer_id("ann smith"); }, Order::bad_customer);
  refused([](auto& p) { p.set_customer_id(std::string(65, 'a')); }, Order::bad_customer);
  refused([](auto& p) { p.set_currency("eur"); }, Order::bad_currency);
  refused([](auto& p) { p.set_currency(""); }, Order::bad_currency);
  refused([](auto& p) { p.set_patience_ms(-1); }, Order::bad_patience);
  refused([](auto& p) { p.set_patience_ms(INT64_MAX); }, Order::bad_patience);
  refused([](auto& p) { p.mutable_lines(1)->set_article_id("a.b"); }, Order::bad_article);
  refused([](auto& p) { p.mutable_lines(1)->set_article_id(""); }, Order::bad_article);
  refused([](auto& p) { p.mutable_lines(1)->set_quantity(0); }, Order::bad_quantity);
  refused([](auto& p) { p.mutable_lines(1)->set_quantity(-2); }, Order::bad_quantity);
  refused([](auto& p) { p.mutable_lines(1)->set_quantity(1'000'001); }, Order::bad_quantity);
  refused([](auto& p) { p.mutable_lines(1)->set_unit_price_minor(0); }, Order::bad_price);
  refused([](auto& p) { p.mutable_lines(1)->set_unit_price_minor(-1); }, Order::bad_price);
  refused([](auto& p) { p.mutable_lines(1)->set_unit_price_minor(INT64_MAX); }, Order::bad_price);
}
TEST_CASE("an order has at most a thousand lines", "[order]") {
  CHECK_FALSE(Order::decide({}, order_of(1'000, 1, 1), {}).rejected());
  given<Order>().when(order_of(1'001, 1, 1)).then_rejected(Order::too_many_lines);
}
TEST_CASE("a total cannot overflow, it is refused", "[order]") {
  CHECK_FALSE(Order::decide({}, order_of(1, 1'000, 1'000'000'000), {}).rejected());
  given<Order>().when(order_of(2, 1'000, 1'000'000'000)).then_rejected(Order::total_too_large);
  given<Order>()
      .when(order_of(1'000, 1'000'000, 1'000'000'000))
      .then_rejected(Order::total_too_large);
}

TEST_CASE("a placed order is confirmed", "[order]") {
  given<Order>(placed).when(v1::ConfirmOrder{}).then(confirmed).and_a_retry_changes_nothing();
}
TEST_CASE("an order that was never placed cannot be confirmed", "[order]") {
  given<Order>().when(v1::ConfirmOrder{}).then_rejected(Order::unknown);
}
TEST_CASE("a confirmation that comes after the cancellation changes nothing", "[order]") {
  given<Order>(placed, cancelled).when(v1::ConfirmOrder{}).then_nothing();
}

TEST_CASE("a customer may cancel before the confirmation", "[order]") {
  auto noted = cancelled;
  noted.set_note("too slow");
  given<Order>(placed)
      .when(pb<v1::CancelOrder>("reason: 'too slow'"))
      .then(noted)
      .and_a_retry_changes_nothing();
}
TEST_CASE("a customer may cancel after the confirmation", "[order]") {
  given<Order>(placed, confirmed)
      .when(v1::CancelOrder{})
      .then(cancelled_for("customer", true))
      .and_a_retry_changes_nothing();
}
TEST_CASE("an order that was never placed cannot be cancelled", "[order]") {
  given<Order>().when(v1::CancelOrder{}).then_rejected(Order::unknown);
}
TEST_CASE("a customer's reason has an end", "[order]") {
  given<Order>(placed)
      .when(pb<v1::CancelOrder>("reason: '" + std::string(1'001, 'x') + "'"))
      .then_rejected(Order::reason_too_long);
}
TEST_CASE("a cancelled order stays as it was cancelled first", "[order]") {
  given<Order>(placed, cancelled_for("deadline")).when(v1::CancelOrder{}).then_nothing();
}

TEST_CASE("a failure cancels a placed order and a confirmed one", "[order]") {
  given<Order>(placed)
      .when(pb<v1::FailOrder>("reason: 'out_of_stock'"))
      .then(cancelled_for("out_of_stock"))
      .and_a_retry_changes_nothing();
  given<Order>(placed, confirmed)
      .when(pb<v1::FailOrder>("reason: 'capture_failed'"))
      .then(cancelled_for("capture_failed", true))
      .and_a_retry_changes_nothing();
}
TEST_CASE("an order that was never placed cannot fail", "[order]") {
  given<Order>().when(pb<v1::FailOrder>("reason: 'x'")).then_rejected(Order::unknown);
}
TEST_CASE("a failure names its reason", "[order]") {
  given<Order>(placed).when(v1::FailOrder{}).then_rejected(Order::bad_reason);
}
TEST_CASE("a cancelled order does not fail as well", "[order]") {
  given<Order>(placed, cancelled).when(pb<v1::FailOrder>("reason: 'x'")).then_nothing();
}

TEST_CASE("a placed order ends at its deadline", "[order]") {
  given<Order>(placed)
      .when(v1::ExpireOrder{})
      .then(cancelled_for("deadline"))
      .and_a_retry_changes_nothing();
}
TEST_CASE("an order that was never placed has no deadline", "[order]") {
  given<Order>().when(v1::ExpireOrder{}).then_rejected(Order::unknown);
}
TEST_CASE("a deadline that fires late changes nothing", "[order]") {
  given<Order>(placed, confirmed).when(v1::ExpireOrder{}).then_nothing();
  given<Order>(placed, cancelled).when(v1::ExpireOrder{}).then_nothing();
}

TEST_CASE("an order is placed once, confirmed at most once and cancelled at most once",
          "[order][property]") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Order::State order;
  std::array<int, 3> recorded{};  // by kind of event
  const auto send = [&](const auto& command) {
    const auto decision = troupe::decide<Order>(
        order, command, {.issued_at = {}, .instance_id = {}, .command_id = {}});
    if (decision.rejected()) return;
    for (const auto& event : decision.events()) {
      ++recorded[event.index()];
      troupe::evolve<Order>(order, event);
    }
  };
  for (int step = 0; step < 30; ++step) {
    switch (random() % 5) {
      case 0:
        send(place);
        break;
      case 1:
        send(v1::ConfirmOrder{});
        break;
      case 2:
        send(v1::CancelOrder{});
        break;
      case 3:
        send(pb<v1::FailOrder>("reason: 'capture_failed'"));
        break;
      default:
        send(v1::ExpireOrder{});
        break;
    }
  }
  CHECK(recorded[0] <= 1);
  CHECK(recorded[1] <= recorded[0]);
  CHECK(recorded[2] <= recorded[0]);
  CHECK((order.status() == v1::ORDER_STATUS_CANCELLED) == (recorded[2] == 1));
}

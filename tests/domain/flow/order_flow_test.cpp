// Whatever the order of things, every order ends, and stock and money add up.
#include <troupe/context.hpp>
#include <troupe/testing/flow.hpp>
#include "actors/inventory/inventory.hpp"
#include "actors/notifications/notifications.hpp"
#include "actors/ordering/ordering.hpp"
#include "actors/payments/payments.hpp"
#include "tests/domain/flow/outside.hpp"

using namespace troupe::testing;
using troupe::test::ShopsOutside;

namespace {

/// The shop's contexts, and what is outside of them.
class Shop : public Flow {
public:
  explicit Shop(std::uint64_t seed)
      : Flow({troupe::model_of<ordering::Ordering>(), troupe::model_of<inventory::Inventory>(),
              troupe::model_of<payments::Payments>(),
              troupe::model_of<notifications::Notifications>()},
             seed, [this](const auto& call) { return outside_.call(call); }),
        outside_(seed + 1) {}

  const ShopsOutside& outside() const { return outside_; }

private:
  ShopsOutside outside_;
};

ordering::v1::PlaceOrder any_order(std::mt19937_64& random, int lines, int articles) {
  ordering::v1::PlaceOrder order;
  order.set_currency("EUR");
  if (random() % 3 != 0) order.set_customer_id("c-" + std::to_string(random() % 3));
  order.set_patience_ms(static_cast<std::int64_t>(random() % 600'000));
  for (int i = 0; i < lines; ++i) {
    auto& line = *order.add_lines();
    line.set_article_id("a-" + std::to_string(random() % static_cast<unsigned>(articles)));
    line.set_quantity(static_cast<std::int32_t>(random() % 4 + 1));
    line.set_unit_price_minor(static_cast<std::int64_t>(random() % 1'000 + 1));
  }
  return order;
}

void plan_delivery(Shop& world, int article, int quantity) {
  world.plan([&world, article, quantity] {
    const auto name = "a-" + std::to_string(article);
    const auto receive =
        pb<inventory::v1::ReceiveStock>("reference: 'd' quantity: " + std::to_string(quantity));
    CHECK_FALSE(world.send("inventory", "stock", name, receive, "d-" + name));
  });
}

void plan_order(Shop& world, const std::string& id, ordering::v1::PlaceOrder order, bool cancels) {
  world.plan([&world, id, order = std::move(order), cancels] {
    CHECK_FALSE(world.send("ordering", "order", id, order, "place-" + id));
    if (cancels)
      world.plan([&world, id] {
        CHECK_FALSE(
            world.send("ordering", "order", id, ordering::v1::CancelOrder{}, "cancel-" + id));
      });
  });
}

template <class State>
const State& state_of(const FlowInstance& instance) {
  return static_cast<const State&>(*instance.state);
}

struct Ends {
  int confirmed = 0;
  std::map<std::string, int> cancelled;  // by reason
};

/// Every order is confirmed or cancelled, and its money is where its end says.
Ends check_orders(const Shop& world) {
  Ends ends;
  world.each("ordering", "order", [&](const auto& order) {
    INFO("order " << order.id);
    const auto& state = state_of<ordering::v1::OrderState>(order);
    const bool stands = state.status() == ordering::v1::ORDER_STATUS_CONFIRMED;
    const auto found = world.outside().accounts().find(order.id);
    const auto account =
        found == world.outside().accounts().end() ? ShopsOutside::Account{} : found->second;
    CHECK(account.captured - account.refunded == (stands ? state.total().amount_minor() : 0));
    CHECK(account.authorized - account.captured == account.voided);
    if (stands) {
      ++ends.confirmed;
      return;
    }
    REQUIRE(state.status() == ordering::v1::ORDER_STATUS_CANCELLED);
    const auto& last = static_cast<const ordering::v1::OrderCancelled&>(*order.events.back().data);
    ++ends.cancelled[last.reason()];
  });
  return ends;
}

/// Nothing is reserved any more, and what is gone was shipped for an order that stands.
void check_stock(const Shop& world) {
  std::map<std::string, std::int64_t> wanted;  // by orders that stand
  world.each("ordering", "order", [&](const auto& order) {
    if (state_of<ordering::v1::OrderState>(order).status() != ordering::v1::ORDER_STATUS_CONFIRMED)
      return;
    const auto& placed = static_cast<const ordering::v1::OrderPlaced&>(*order.events.front().data);
    for (const auto& line : placed.lines()) wanted[line.article_id()] += line.quantity();
  });
  world.each("inventory", "stock", [&](const auto& stock) {
    INFO("article " << stock.id);
    const auto& state = state_of<inventory::v1::StockState>(stock);
    CHECK(state.received() == state.on_hand() + state.reserved() + state.shipped());
    CHECK(state.on_hand() >= 0);
    CHECK(state.reserved() == 0);
    CHECK(state.open().empty());
    CHECK(state.shipped() == wanted[stock.id]);
  });
}

/// Customers heard of every end, or it was given up where it can be seen.
void check_notifications(const Shop& world, int orders) {
  int heard = 0;
  world.each("notifications", "notification", [&](const auto& notification) {
    const auto status = state_of<notifications::v1::NotificationState>(notification).status();
    CHECK((status == notifications::v1::NOTIFICATION_STATUS_SENT
           || status == notifications::v1::NOTIFICATION_STATUS_GIVEN_UP));
    ++heard;
  });
  CHECK(heard >= orders);
}

/// Folds every event once more: states and rows are what their events say.
void check_views(const Shop& world) {
  const auto inventory = troupe::model_of<inventory::Inventory>();
  world.each("inventory", "stock", [&](const auto& stock) {
    inventory::v1::StockRow row;
    const auto& view = inventory.views.front();
    for (std::size_t i = 0; i < stock.events.size(); ++i)
      if (view.events.contains(stock.events[i].data->GetDescriptor()->full_name()))
        view.project(row, stock.facts(i), *stock.events[i].data);
    const auto& state = state_of<inventory::v1::StockState>(stock);
    CHECK(row.on_hand() == state.on_hand());
    CHECK(row.shipped() == state.shipped());
    CHECK(row.received() == state.received());
    CHECK(row.reserved() == state.reserved());
  });
}

/// A copy of the state, stored and read back, is as good as the events that led to it.
void check_snapshots(const Shop& world, std::mt19937_64& random) {
  world.each([&](const FlowInstance& instance) {
    if (instance.events.empty()) return;
    const auto taken_at = random() % instance.events.size();
    auto state = instance.model->new_state();
    for (std::size_t i = 0; i < instance.events.size(); ++i) {
      instance.model->evolve(*state, *instance.events[i].data);
      if (i != taken_at) continue;
      const auto snapshot = state->SerializeAsString();
      state = instance.model->new_state();
      REQUIRE(state->ParseFromString(snapshot));
    }
    check_same(*state, *instance.state);
  });
}

}  // namespace

TEST_CASE("every order ends, and stock and money add up", "[flow][property]") {
  const auto seed = GENERATE(range(1u, 151u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Shop world(seed);
  constexpr int articles = 8;
  constexpr int orders = 25;
  for (int article = 0; article < articles - 1; ++article)  // one never arrives
    plan_delivery(world, article, static_cast<int>(random() % 60 + 1));
  for (int order = 0; order < orders; ++order)
    plan_order(world, "o-" + std::to_string(order),
               any_order(random, static_cast<int>(random() % 5 + 1), articles), random() % 4 == 0);
  world.run();
  check_orders(world);
  check_stock(world);
  check_notifications(world, orders);
  check_views(world);
  check_snapshots(world, random);
}

TEST_CASE("the simulation sees every way an order can end", "[flow]") {
  Ends all;
  std::size_t repeated = 0;
  for (unsigned seed = 1'000; seed < 1'100; ++seed) {
    std::mt19937_64 random(seed);
    Shop world(seed);
    for (int article = 0; article < 4; ++article) plan_delivery(world, article, 30);
    for (int order = 0; order < 12; ++order)
      plan_order(world, "o-" + std::to_string(order), any_order(random, 2, 4), order % 4 == 0);
    world.run();
    const auto ends = check_orders(world);
    all.confirmed += ends.confirmed;
    for (const auto& [reason, count] : ends.cancelled) all.cancelled[reason] += count;
    repeated += world.commands_repeated();
  }
  CHECK(all.confirmed > 0);
  for (const std::string reason : {"customer", "out_of_stock", "reservation_expired",
                                   "payment_declined", "capture_failed", "deadline"}) {
    INFO(reason);
    CHECK(all.cancelled[reason] > 0);
  }
  CHECK(repeated > 0);
}

TEST_CASE("an order that nothing stands against is not left to its deadline", "[flow]") {
  const auto seed = GENERATE(range(1u, 51u));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Shop world(seed);
  for (const std::string article : {"a-0", "a-1", "a-2"})
    REQUIRE_FALSE(world.send("inventory", "stock", article,
                             pb<inventory::v1::ReceiveStock>("quantity: 1000"), "d-" + article));
  for (int order = 0; order < 10; ++order) {
    auto patient = any_order(random, 3, 3);
    patient.set_patience_ms(ordering::Order::patience_max.count());
    plan_order(world, "o-" + std::to_string(order), std::move(patient), false);
  }
  world.run();
  auto ends = check_orders(world);
  CHECK(ends.confirmed + ends.cancelled["payment_declined"] + ends.cancelled["capture_failed"]
        == 10);
}

TEST_CASE("an order of 700 lines is one order", "[flow]") {
  const bool cancels = GENERATE(false, true);
  const auto seed = GENERATE(1u, 2u, 3u);
  CAPTURE(cancels, seed);
  std::mt19937_64 random(seed);
  Shop world(seed);
  constexpr int articles = 600;  // so that some stand on several lines
  for (int article = 0; article < articles; ++article) plan_delivery(world, article, 100);
  plan_order(world, "large", any_order(random, 700, articles), cancels);
  world.run();
  check_orders(world);
  check_stock(world);
}

TEST_CASE("one article on two lines is reserved and shipped for both", "[flow]") {
  const auto seed = GENERATE(range(1u, 21u));
  CAPTURE(seed);
  Shop world(seed);
  const std::string id(64, 'o');
  REQUIRE_FALSE(world.send("inventory", "stock", "mug",
                           pb<inventory::v1::ReceiveStock>("quantity: 5"), "d-1"));
  REQUIRE_FALSE(world.send(
      "ordering", "order", id,
      pb<ordering::v1::PlaceOrder>("currency: 'EUR' patience_ms: 86400000 "
                                   "lines { article_id: 'mug' quantity: 2 unit_price_minor: 3 } "
                                   "lines { article_id: 'mug' quantity: 2 unit_price_minor: 3 }"),
      "p-1"));
  world.run();
  const auto ends = check_orders(world);
  check_stock(world);
  world.each("inventory", "stock", [&](const auto& stock) {
    CHECK(state_of<inventory::v1::StockState>(stock).shipped() == (ends.confirmed == 1 ? 4 : 0));
  });
}

// What the stock of an article promises, ships and takes back.
#include <algorithm>
#include <random>

#include <troupe/testing/given.hpp>
#include "actors/inventory/stock.hpp"

using namespace inventory;
using troupe::testing::given, troupe::testing::pb;

namespace {

const auto received_5 = pb<v1::StockReceived>("reference: 'd-1' quantity: 5");
const auto reserve_3 = pb<v1::ReserveStock>("reference: 'o-1:1' quantity: 3");
const auto reserved_3 = pb<v1::StockReserved>("reference: 'o-1:1' quantity: 3");
const auto shipped_3 = pb<v1::StockShipped>("reference: 'o-1:1' quantity: 3");
const auto released_3 = pb<v1::StockReleased>("reference: 'o-1:1' quantity: 3");
const auto release = pb<v1::ReleaseStock>("reference: 'o-1:1'");
const auto ship = pb<v1::ShipStock>("reference: 'o-1:1'");

}  // namespace

TEST_CASE("received pieces are recorded", "[stock]") {
  given<Stock>().when(pb<v1::ReceiveStock>("reference: 'd-1' quantity: 5")).then(received_5);
}
TEST_CASE("stock receives some pieces, and not more than it can count", "[stock]") {
  given<Stock>().when(pb<v1::ReceiveStock>("quantity: 0")).then_rejected(Stock::bad_quantity);
  given<Stock>().when(pb<v1::ReceiveStock>("quantity: -1")).then_rejected(Stock::bad_quantity);
  auto full = v1::StockState{};
  full.set_received(Stock::received_max);
  CHECK(Stock::decide(full, pb<v1::ReceiveStock>("quantity: 1")).rejected());
}
TEST_CASE("a reference of a delivery has an end", "[stock]") {
  given<Stock>()
      .when(pb<v1::ReceiveStock>("quantity: 1 reference: '" + std::string(129, 'x') + "'"))
      .then_rejected(Stock::bad_reference);
}

TEST_CASE("pieces on hand are reserved", "[stock]") {
  given<Stock>(received_5).when(reserve_3).then(reserved_3).and_a_retry_changes_nothing();
}
TEST_CASE("two lines of one order reserve the same article side by side", "[stock]") {
  given<Stock>(received_5, reserved_3)
      .when(pb<v1::ReserveStock>("reference: 'o-1:2' quantity: 2"))
      .then(pb<v1::StockReserved>("reference: 'o-1:2' quantity: 2"));
}
TEST_CASE("what is not on hand is refused, and the refusal is a fact", "[stock]") {
  given<Stock>(received_5, reserved_3)
      .when(pb<v1::ReserveStock>("reference: 'o-2:1' quantity: 3"))
      .then(pb<v1::StockRefused>("reference: 'o-2:1' quantity: 3 on_hand: 2"));
}
TEST_CASE("an article that never arrived is refused", "[stock]") {
  given<Stock>().when(reserve_3).then(pb<v1::StockRefused>("reference: 'o-1:1' quantity: 3"));
}
TEST_CASE("a reservation has a quantity and a reference", "[stock]") {
  given<Stock>(received_5)
      .when(pb<v1::ReserveStock>("reference: 'o-1:1' quantity: -3"))
      .then_rejected(Stock::bad_quantity);
  given<Stock>(received_5)
      .when(pb<v1::ReserveStock>("quantity: 3"))
      .then_rejected(Stock::bad_reference);
}

TEST_CASE("released pieces are on hand again", "[stock]") {
  given<Stock>(received_5, reserved_3).when(release).then(released_3).and_a_retry_changes_nothing();
  CHECK(given<Stock>(received_5, reserved_3, released_3).state().on_hand() == 5);
}
TEST_CASE("a release of what is not reserved changes nothing", "[stock]") {
  given<Stock>().when(release).then_nothing();
  given<Stock>(received_5, reserved_3, shipped_3).when(release).then_nothing();
}

TEST_CASE("reserved pieces are shipped once", "[stock]") {
  given<Stock>(received_5, reserved_3).when(ship).then(shipped_3).and_a_retry_changes_nothing();
}
TEST_CASE("what is not reserved is not shipped", "[stock]") {
  given<Stock>(received_5).when(ship).then_nothing();
  given<Stock>(received_5, reserved_3, released_3).when(ship).then_nothing();
}
TEST_CASE("a shipped reservation needs no memory", "[stock]") {
  CHECK(given<Stock>(received_5, reserved_3, shipped_3).state().open().empty());
}

TEST_CASE("shipped pieces come back on hand", "[stock]") {
  const auto restocked = pb<v1::StockRestocked>("reference: 'o-1:1' quantity: 3");
  given<Stock>(received_5, reserved_3, shipped_3)
      .when(pb<v1::RestockStock>("reference: 'o-1:1' quantity: 3"))
      .then(restocked);
  CHECK(given<Stock>(received_5, reserved_3, shipped_3, restocked).state().on_hand() == 5);
}
TEST_CASE("what was not shipped cannot come back", "[stock]") {
  given<Stock>(received_5, reserved_3)
      .when(pb<v1::RestockStock>("reference: 'o-1:1' quantity: 3"))
      .then_rejected(Stock::not_shipped);
  given<Stock>(received_5, reserved_3, shipped_3)
      .when(pb<v1::RestockStock>("reference: 'o-1:1' quantity: 0"))
      .then_rejected(Stock::bad_quantity);
  given<Stock>(received_5, reserved_3, shipped_3)
      .when(pb<v1::RestockStock>("quantity: 3"))
      .then_rejected(Stock::bad_reference);
}

TEST_CASE("no sequence of commands loses or invents a piece", "[stock][property]") {
  const auto seed = GENERATE(range(1u, 51u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Stock::State stock;
  const auto send = [&](const auto& command) {
    const auto decision = Stock::decide(stock, command);
    if (!decision.rejected())
      for (const auto& event : decision.events()) troupe::evolve<Stock>(stock, event);
  };
  for (int step = 0; step < 200; ++step) {
    const auto quantity = static_cast<int>(random() % 9) - 1;
    const auto reference = "o-" + std::to_string(random() % 10) + ":1";
    const auto filled = [&](auto command) {
      command.set_reference(reference);
      if constexpr (requires { command.set_quantity(quantity); }) command.set_quantity(quantity);
      return command;
    };
    switch (random() % 5) {
      case 0:
        send(filled(v1::ReceiveStock{}));
        break;
      case 1:
        send(filled(v1::ReserveStock{}));
        break;
      case 2:
        send(filled(v1::ReleaseStock{}));
        break;
      case 3:
        send(filled(v1::ShipStock{}));
        break;
      default:
        send(filled(v1::RestockStock{}));
        break;
    }
    std::int64_t open = 0;
    for (const auto& [_, reserved] : stock.open()) open += reserved;
    REQUIRE(stock.received() == stock.on_hand() + stock.reserved() + stock.shipped());
    REQUIRE(std::min({stock.on_hand(), stock.reserved(), stock.shipped()}) >= 0);
    REQUIRE(stock.reserved() == open);
  }
}

// What inventory listens to, when it wakes, and what it shows.
#include "actors/inventory/inventory.hpp"
#include <troupe/testing/given.hpp>

using namespace inventory;
using troupe::testing::asked, troupe::testing::given, troupe::testing::pb, troupe::testing::row;

TEST_CASE("a placed order requests a reservation that outlives its deadline", "[inventory]") {
  given<ReservationRequests>()
      .when("o-1", pb<ordering::v1::OrderPlaced>(
                       "lines { article_id: 'mug' quantity: 2 unit_price_minor: 250 } "
                       "lines { article_id: 'mug' quantity: 1 unit_price_minor: 200 } "
                       "deadline { seconds: 1000 nanos: 5000000 }"))
      .then_asks(
          asked("o-1", pb<v1::RequestReservation>("lines { article_id: 'mug' quantity: 2 } "
                                                  "lines { article_id: 'mug' quantity: 1 } "
                                                  "expires_at { seconds: 1300 nanos: 5000000 }")));
}
TEST_CASE("a cancelled order releases its reservation", "[inventory]") {
  given<ReservationRequests>()
      .when("o-1", ordering::v1::OrderCancelled{})
      .then_asks(asked("o-1", v1::ReleaseReservation{}));
}
TEST_CASE("a captured payment ships the reservation", "[inventory]") {
  given<ReservationRequests>()
      .when("o-1", payments::v1::PaymentCaptured{})
      .then_asks(asked("o-1", v1::ShipReservation{}));
}

TEST_CASE("every line asks its article, in the order of the lines", "[inventory]") {
  given<StockAsks>()
      .when("o-1", pb<v1::ReservationRequested>("lines { article_id: 'mug' quantity: 2 } "
                                                "lines { article_id: 'jug' quantity: 1 } "
                                                "lines { article_id: 'mug' quantity: 4 }"))
      .then_asks(asked("mug", pb<v1::ReserveStock>("reference: 'o-1:1' quantity: 2")),
                 asked("jug", pb<v1::ReserveStock>("reference: 'o-1:2' quantity: 1")),
                 asked("mug", pb<v1::ReserveStock>("reference: 'o-1:3' quantity: 4")));
}
TEST_CASE("what a reservation gives back is released or restocked line by line", "[inventory]") {
  given<StockAsks>()
      .when("o-1",
            pb<v1::ReservationFailed>("lines_to_release { line: 2 article_id: 'jug' quantity: 1 }"))
      .then_asks(asked("jug", pb<v1::ReleaseStock>("reference: 'o-1:2'")));
  given<StockAsks>()
      .when("o-1", pb<v1::ReservationReleased>(
                       "lines_to_release { line: 2 article_id: 'jug' quantity: 1 } "
                       "lines_to_restock { line: 1 article_id: 'mug' quantity: 2 }"))
      .then_asks(asked("jug", pb<v1::ReleaseStock>("reference: 'o-1:2'")),
                 asked("mug", pb<v1::RestockStock>("reference: 'o-1:1' quantity: 2")));
  given<StockAsks>()
      .when("o-1", pb<v1::LateLineReleased>("line: 3 article_id: 'mug'"))
      .then_asks(asked("mug", pb<v1::ReleaseStock>("reference: 'o-1:3'")));
}
TEST_CASE("a shipped reservation ships every line", "[inventory]") {
  given<StockAsks>()
      .when("o-1", pb<v1::ReservationShipped>("lines { line: 1 article_id: 'mug' quantity: 2 } "
                                              "lines { line: 2 article_id: 'jug' quantity: 1 }"))
      .then_asks(asked("mug", pb<v1::ShipStock>("reference: 'o-1:1'")),
                 asked("jug", pb<v1::ShipStock>("reference: 'o-1:2'")));
}

TEST_CASE("stock answers the line it was asked for", "[inventory]") {
  const std::string longest_id(64, 'o');
  given<ReservationAnswers>()
      .when("mug", pb<v1::StockReserved>("reference: '" + longest_id + ":1000' quantity: 2"))
      .then_asks(asked(longest_id, pb<v1::RecordLineReserved>("line: 1000")));
  given<ReservationAnswers>()
      .when("mug", pb<v1::StockRefused>("reference: 'o-1:2' quantity: 2"))
      .then_asks(asked("o-1", pb<v1::RecordLineRefused>("line: 2")));
}
TEST_CASE("a reference that somebody else made up concerns no reservation", "[inventory]") {
  for (const std::string reference :
       {"shop-window", "o-1:", ":1", "o-1:0", "o-1:-1", "o-1:1x", "a b:1", "o-1:99999999999"}) {
    CAPTURE(reference);
    given<ReservationAnswers>()
        .when("mug", pb<v1::StockReserved>("reference: '" + reference + "'"))
        .then_nothing();
  }
}

TEST_CASE("the expiry runs from the request to any end", "[inventory]") {
  given<Expiry>()
      .when("o-1", pb<v1::ReservationRequested>("expires_at { seconds: 1300 }"))
      .then_arms(troupe::Time(std::chrono::seconds(1'300)), v1::ExpireReservation{});
  given<Expiry>().when("o-1", v1::ReservationFailed{}).then_disarms();
  given<Expiry>().when("o-1", v1::ReservationReleased{}).then_disarms();
  given<Expiry>().when("o-1", v1::ReservationShipped{}).then_disarms();
}

TEST_CASE("an article's row adds up", "[inventory]") {
  given<StockLevels>()
      .when("mug", pb<v1::StockReceived>("quantity: 10"))
      .when("mug", pb<v1::StockReserved>("quantity: 6"))
      .when("mug", pb<v1::StockReleased>("quantity: 2"))
      .when("mug", pb<v1::StockShipped>("quantity: 3"))
      .when("mug", pb<v1::StockRestocked>("quantity: 1"))
      .then_row("mug", pb<v1::StockRow>(
                           "article_id: 'mug' received: 10 on_hand: 7 reserved: 1 shipped: 2"));
}
TEST_CASE("an article is found by its id, another one is not", "[inventory]") {
  const auto found = pb<v1::StockRow>("article_id: 'mug' on_hand: 3");
  const auto rows = given<GetStock>(row<StockLevels>("mug", found));
  rows.when(pb<v1::GetStock>("article_id: 'mug'")).then(found);
  rows.when(pb<v1::GetStock>("article_id: 'jug'")).then_missed("stock.unknown");
}

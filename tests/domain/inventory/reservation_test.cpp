// How a reservation gathers the answers to its lines, and how it ends.
#include <random>
#include <set>

#include <troupe/testing/given.hpp>
#include "actors/inventory/reservation.hpp"

using namespace inventory;
using troupe::testing::given, troupe::testing::pb;

namespace {

const std::string two_lines =
    "lines { article_id: 'mug' quantity: 2 } lines { article_id: 'jug' quantity: 1 } "
    "expires_at { seconds: 50000 }";
const auto request = pb<v1::RequestReservation>(two_lines);
const auto requested = pb<v1::ReservationRequested>(two_lines);
const auto line_1_reserved = pb<v1::LineReserved>("line: 1");
const auto line_2_reserved = pb<v1::LineReserved>("line: 2");
const auto line_1_refused = pb<v1::LineRefused>("line: 1");
const auto line_2_refused = pb<v1::LineRefused>("line: 2");
const auto record_1_reserved = pb<v1::RecordLineReserved>("line: 1");
const auto record_2_reserved = pb<v1::RecordLineReserved>("line: 2");
const auto record_1_refused = pb<v1::RecordLineRefused>("line: 1");
const auto record_2_refused = pb<v1::RecordLineRefused>("line: 2");
const v1::ReservationCompleted completed;
const auto shipped = pb<v1::ReservationShipped>(
    "lines { line: 1 article_id: 'mug' quantity: 2 } lines { line: 2 article_id: 'jug' quantity: 1 "
    "}");

const std::string release_1 = "lines_to_release { line: 1 article_id: 'mug' quantity: 2 } ";
const std::string release_2 = "lines_to_release { line: 2 article_id: 'jug' quantity: 1 } ";

v1::ReservationFailed out_of_stock(const std::string& lines_to_release = "") {
  return pb<v1::ReservationFailed>("reason: 'out_of_stock' " + lines_to_release);
}
v1::ReservationFailed expired(const std::string& lines_to_release = "") {
  return pb<v1::ReservationFailed>("reason: 'reservation_expired' " + lines_to_release);
}

}  // namespace

TEST_CASE("a reservation is requested once", "[reservation]") {
  given<Reservation>().when(request).then(requested).and_a_retry_changes_nothing();
}
TEST_CASE("a reservation has lines of articles and quantities", "[reservation]") {
  const auto refused = [](const std::string& lines) {
    given<Reservation>()
        .when(pb<v1::RequestReservation>(lines))
        .then_rejected(Reservation::bad_lines);
  };
  refused("");
  refused("lines { article_id: 'a b' quantity: 1 }");
  refused("lines { article_id: 'mug' quantity: 0 }");
}
TEST_CASE("a request that comes after the release changes nothing", "[reservation]") {
  given<Reservation>(v1::ReservationReleased{}).when(request).then_nothing();
}

TEST_CASE("a reserved line waits for the others", "[reservation]") {
  given<Reservation>(requested)
      .when(record_2_reserved)
      .then(line_2_reserved)
      .and_a_retry_changes_nothing();
}
TEST_CASE("the last answer completes the reservation", "[reservation]") {
  given<Reservation>(requested, line_2_reserved)
      .when(record_1_reserved)
      .then(line_1_reserved, completed)
      .and_a_retry_changes_nothing();
}
TEST_CASE("two lines of one article are two answers", "[reservation]") {
  given<Reservation>(pb<v1::ReservationRequested>("lines { article_id: 'mug' quantity: 2 } "
                                                  "lines { article_id: 'mug' quantity: 1 }"),
                     line_1_reserved)
      .when(record_2_reserved)
      .then(line_2_reserved, completed);
}
TEST_CASE("a line that nobody asked for is refused", "[reservation]") {
  given<Reservation>().when(record_1_reserved).then_rejected(Reservation::unknown);
  given<Reservation>(requested)
      .when(pb<v1::RecordLineReserved>("line: 3"))
      .then_rejected(Reservation::no_such_line);
  given<Reservation>(requested)
      .when(v1::RecordLineReserved{})
      .then_rejected(Reservation::no_such_line);
}
TEST_CASE("the first answer to a line counts", "[reservation]") {
  given<Reservation>(requested, line_1_refused).when(record_1_reserved).then_nothing();
  given<Reservation>(requested, line_1_reserved).when(record_1_refused).then_nothing();
}

TEST_CASE("a refused line fails the reservation when all lines are answered", "[reservation]") {
  given<Reservation>(requested)
      .when(record_1_refused)
      .then(line_1_refused)
      .and_a_retry_changes_nothing();
  given<Reservation>(requested, line_1_reserved)
      .when(record_2_refused)
      .then(line_2_refused, out_of_stock(release_1))
      .and_a_retry_changes_nothing();
}
TEST_CASE("a line reserved by the last answer is given back with the others", "[reservation]") {
  given<Reservation>(requested, line_1_refused)
      .when(record_2_reserved)
      .then(line_2_reserved, out_of_stock(release_2));
}
TEST_CASE("a reservation of refused lines only gives nothing back", "[reservation]") {
  given<Reservation>(requested, line_1_refused)
      .when(record_2_refused)
      .then(line_2_refused, out_of_stock());
}
TEST_CASE("a refusal that nobody asked for is refused", "[reservation]") {
  given<Reservation>().when(record_1_refused).then_rejected(Reservation::unknown);
  given<Reservation>(requested)
      .when(pb<v1::RecordLineRefused>("line: -1"))
      .then_rejected(Reservation::no_such_line);
}

TEST_CASE("a line reserved after the end is given back at once", "[reservation]") {
  const auto late = pb<v1::LateLineReleased>("line: 2 article_id: 'jug'");
  given<Reservation>(requested, line_1_reserved, pb<v1::ReservationReleased>(release_1))
      .when(record_2_reserved)
      .then(late)
      .and_a_retry_changes_nothing();
  given<Reservation>(requested, line_1_reserved, expired(release_1))
      .when(record_2_reserved)
      .then(late)
      .and_a_retry_changes_nothing();
}
TEST_CASE("an answer repeated after the end gives nothing back twice", "[reservation]") {
  given<Reservation>(requested, line_1_reserved, expired(release_1))
      .when(record_1_reserved)
      .then_nothing();
}
TEST_CASE("a line refused after the end changes nothing", "[reservation]") {
  given<Reservation>(requested, v1::ReservationReleased{}).when(record_1_refused).then_nothing();
}

TEST_CASE("a completed reservation is shipped", "[reservation]") {
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed)
      .when(v1::ShipReservation{})
      .then(shipped)
      .and_a_retry_changes_nothing();
}
TEST_CASE("a reservation that was never requested is not shipped", "[reservation]") {
  given<Reservation>().when(v1::ShipReservation{}).then_rejected(Reservation::unknown);
}
TEST_CASE("only a completed reservation is shipped", "[reservation]") {
  given<Reservation>(requested, line_1_reserved).when(v1::ShipReservation{}).then_nothing();
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed, expired())
      .when(v1::ShipReservation{})
      .then_nothing();
}

TEST_CASE("a release gives back what is reserved so far", "[reservation]") {
  given<Reservation>(requested, line_2_reserved)
      .when(v1::ReleaseReservation{})
      .then(pb<v1::ReservationReleased>(release_2))
      .and_a_retry_changes_nothing();
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed)
      .when(v1::ReleaseReservation{})
      .then(pb<v1::ReservationReleased>(release_1 + release_2));
}
TEST_CASE("a release restocks what was shipped", "[reservation]") {
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed, shipped)
      .when(v1::ReleaseReservation{})
      .then(
          pb<v1::ReservationReleased>("lines_to_restock { line: 1 article_id: 'mug' quantity: 2 } "
                                      "lines_to_restock { line: 2 article_id: 'jug' quantity: 1 }"))
      .and_a_retry_changes_nothing();
}
TEST_CASE("a release that overtakes the request ends the reservation", "[reservation]") {
  given<Reservation>()
      .when(v1::ReleaseReservation{})
      .then(v1::ReservationReleased{})
      .and_a_retry_changes_nothing();
}
TEST_CASE("what gave everything back has nothing to release", "[reservation]") {
  given<Reservation>(requested, line_1_reserved, line_2_refused, out_of_stock(release_1))
      .when(v1::ReleaseReservation{})
      .then_nothing();
}

TEST_CASE("a reservation expires with what is reserved so far", "[reservation]") {
  given<Reservation>(requested, line_1_reserved)
      .when(v1::ExpireReservation{})
      .then(expired(release_1))
      .and_a_retry_changes_nothing();
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed)
      .when(v1::ExpireReservation{})
      .then(expired(release_1 + release_2))
      .and_a_retry_changes_nothing();
}
TEST_CASE("a reservation that was never requested does not expire", "[reservation]") {
  given<Reservation>().when(v1::ExpireReservation{}).then_rejected(Reservation::unknown);
}
TEST_CASE("an expiry that fires late changes nothing", "[reservation]") {
  given<Reservation>(requested, line_1_reserved, line_2_reserved, completed, shipped)
      .when(v1::ExpireReservation{})
      .then_nothing();
  given<Reservation>(requested, v1::ReservationReleased{})
      .when(v1::ExpireReservation{})
      .then_nothing();
}

namespace {

/// What stock would hold for a reservation, by what the reservation tells it.
struct Shelf {
  std::set<int> reserved;
  std::set<int> shipped;

  void take(const Reservation::Event& event) {
    if (const auto* failed = std::get_if<v1::ReservationFailed>(&event))
      move(failed->lines_to_release(), reserved, nullptr);
    if (const auto* ended = std::get_if<v1::ReservationReleased>(&event)) {
      move(ended->lines_to_release(), reserved, nullptr);
      move(ended->lines_to_restock(), shipped, nullptr);
    }
    if (const auto* all = std::get_if<v1::ReservationShipped>(&event))
      move(all->lines(), reserved, &shipped);
    if (const auto* late = std::get_if<v1::LateLineReleased>(&event))
      REQUIRE(reserved.erase(late->line()) == 1);
  }

private:
  static void move(const auto& lines, std::set<int>& from, std::set<int>* to) {
    for (const auto& line : lines) {
      REQUIRE(from.erase(line.line()) == 1);
      if (to != nullptr) REQUIRE(to->insert(line.line()).second);
    }
  }
};

}  // namespace

TEST_CASE("an ended reservation gave back or shipped every line that stock reserved",
          "[reservation][property]") {
  const auto seed = GENERATE(range(1u, 201u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  constexpr int lines = 6;
  Reservation::State reservation;
  Shelf shelf;
  const auto send = [&](const auto& command) {
    const auto decision = Reservation::decide(reservation, command);
    REQUIRE_FALSE(decision.rejected());
    for (const auto& event : decision.events()) {
      troupe::evolve<Reservation>(reservation, event);
      shelf.take(event);
    }
  };
  v1::RequestReservation wanted;
  std::vector<int> unanswered;
  for (int line = 1; line <= lines; ++line) {
    auto& added = *wanted.add_lines();
    added.set_article_id("mug");
    added.set_quantity(line);
    unanswered.push_back(line);
  }
  send(wanted);

  const auto answer_one = [&] {
    const auto at = random() % unanswered.size();
    const auto line = unanswered[at];
    unanswered.erase(unanswered.begin() + static_cast<std::ptrdiff_t>(at));
    const bool refuses = random() % 12 == 0;
    if (!refuses) shelf.reserved.insert(line);
    for (auto repeats = random() % 2 + 1; repeats > 0; --repeats) {
      if (refuses)
        send(troupe::make<v1::RecordLineRefused>([&](auto& c) { c.set_line(line); }));
      else
        send(troupe::make<v1::RecordLineReserved>([&](auto& c) { c.set_line(line); }));
    }
  };
  for (int step = 0; step < 15; ++step) {
    const auto roll = random() % 30;
    if (roll == 0)
      send(v1::ExpireReservation{});
    else if (roll == 1)
      send(v1::ReleaseReservation{});
    else if (roll < 5)
      send(v1::ShipReservation{});
    else if (!unanswered.empty())
      answer_one();
  }
  while (!unanswered.empty()) answer_one();
  if (random() % 2 == 0)
    send(v1::ReleaseReservation{});
  else
    send(v1::ExpireReservation{});

  CHECK(shelf.reserved.empty());
  CHECK(shelf.shipped.size()
        == (reservation.status() == v1::RESERVATION_STATUS_SHIPPED ? lines : 0));
}

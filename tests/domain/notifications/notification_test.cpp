// How news reaches a customer, or visibly does not.
#include <array>
#include <random>

#include <troupe/testing/given.hpp>
#include "actors/notifications/notification.hpp"

using namespace notifications;
using troupe::testing::given, troupe::testing::pb;

namespace {

const std::string news =
    "kind: 'cancelled' order_id: 'o-1' customer_id: 'ann' reason: 'deadline' "
    "amount { amount_minor: 500 currency: 'EUR' }";
const auto request = pb<v1::RequestNotification>(news);
const auto requested = pb<v1::NotificationRequested>(news);
const v1::NotificationSent sent;
const auto failure_1 = pb<v1::RecordAttemptFailed>("attempt: 1 cause: 'refused'");
const auto failed_1 = pb<v1::NotificationAttemptFailed>("attempt: 1 cause: 'refused'");
const auto last_failure = pb<v1::RecordAttemptFailed>("attempt: 5 cause: 'refused' last: true");
const auto failed_5 = pb<v1::NotificationAttemptFailed>("attempt: 5 cause: 'refused'");
const auto given_up = pb<v1::NotificationGivenUp>("attempts: 5 cause: 'refused'");

}  // namespace

TEST_CASE("a notification is requested once", "[notification]") {
  given<Notification>().when(request).then(requested).and_a_retry_changes_nothing();
}
TEST_CASE("a notification is about something known, for somebody who can be addressed",
          "[notification]") {
  const auto refused = [](auto&& change, troupe::Rejection expected) {
    auto changed = request;
    change(changed);
    given<Notification>().when(changed).then_rejected(expected);
  };
  refused([](auto& r) { r.set_kind("gossip"); }, Notification::bad_kind);
  refused([](auto& r) { r.set_order_id(""); }, Notification::bad_order);
  refused([](auto& r) { r.set_customer_id("ann\r\nBcc: all"); }, Notification::bad_customer);
}
TEST_CASE("news that was sent is not requested again", "[notification]") {
  given<Notification>(requested, sent).when(request).then_nothing();
}

TEST_CASE("a delivery is recorded", "[notification]") {
  given<Notification>(requested, failed_1)
      .when(v1::RecordSent{})
      .then(sent)
      .and_a_retry_changes_nothing();
}
TEST_CASE("what was never requested was not sent", "[notification]") {
  given<Notification>().when(v1::RecordSent{}).then_rejected(Notification::unknown);
}
TEST_CASE("a delivery that was given up too early still counts", "[notification]") {
  given<Notification>(requested, failed_5, given_up).when(v1::RecordSent{}).then(sent);
}

TEST_CASE("a failed attempt is recorded with its cause", "[notification]") {
  given<Notification>(requested).when(failure_1).then(failed_1).and_a_retry_changes_nothing();
}
TEST_CASE("the last failed attempt gives up", "[notification]") {
  given<Notification>(requested, failed_1)
      .when(last_failure)
      .then(failed_5, given_up)
      .and_a_retry_changes_nothing();
}
TEST_CASE("what was never requested did not fail", "[notification]") {
  given<Notification>().when(failure_1).then_rejected(Notification::unknown);
}
TEST_CASE("a failure that is told late changes nothing", "[notification]") {
  given<Notification>(requested, sent).when(last_failure).then_nothing();
  given<Notification>(requested, failed_5).when(failure_1).then_nothing();
}

TEST_CASE("a notification is sent at most once and given up at most once",
          "[notification][property]") {
  const auto seed = GENERATE(range(1u, 101u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Notification::State notification;
  std::array<int, 4> recorded{};  // by kind of event
  const auto send = [&](const auto& command) {
    const auto decision = Notification::decide(notification, command);
    if (decision.rejected()) return;
    for (const auto& event : decision.events()) {
      ++recorded[event.index()];
      troupe::evolve<Notification>(notification, event);
    }
  };
  for (int step = 0; step < 30; ++step) {
    const auto attempt = static_cast<unsigned>(random() % 5 + 1);
    const auto roll = random() % 8;
    if (roll == 0)
      send(request);
    else if (roll == 1)
      send(v1::RecordSent{});
    else
      send(troupe::make<v1::RecordAttemptFailed>([&](auto& failure) {
        failure.set_attempt(attempt);
        failure.set_last(attempt == 5);
      }));
  }
  CHECK(recorded[0] <= 1);
  CHECK(recorded[1] <= recorded[0]);
  CHECK(recorded[2] <= 5);
  CHECK(recorded[3] <= recorded[0]);
}

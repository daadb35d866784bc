// Which news customers get, and what the mail says.
#include "actors/notifications/notifications.hpp"
#include <troupe/testing/given.hpp>

using namespace notifications;
using troupe::testing::asked, troupe::testing::given, troupe::testing::pb;

namespace {

const std::string amount = "amount { amount_minor: 1205 currency: 'EUR' } ";
const std::string total = "total { amount_minor: 1205 currency: 'EUR' } ";

}  // namespace

TEST_CASE("customers hear of confirmation, cancellation and refund", "[notifications]") {
  given<OrderNews>()
      .when("o-1", pb<ordering::v1::OrderConfirmed>("customer_id: 'ann' " + total))
      .then_asks(asked("o-1-confirmed",
                       pb<v1::RequestNotification>(
                           "kind: 'confirmed' order_id: 'o-1' customer_id: 'ann' " + amount)));
  given<OrderNews>()
      .when("o-1", pb<ordering::v1::OrderCancelled>("reason: 'deadline' " + total))
      .then_asks(asked("o-1-cancelled",
                       pb<v1::RequestNotification>(
                           "kind: 'cancelled' order_id: 'o-1' reason: 'deadline' " + amount)));
  given<OrderNews>()
      .when("o-1", pb<payments::v1::PaymentRefunded>("customer_id: 'ann' " + amount))
      .then_asks(asked("o-1-refunded",
                       pb<v1::RequestNotification>(
                           "kind: 'refunded' order_id: 'o-1' customer_id: 'ann' " + amount)));
}

TEST_CASE("a notification's id is a token however long the order's id is", "[notifications]") {
  for (std::size_t size = 1; size <= troupe::token_length_max; ++size)
    CHECK(troupe::is_token(notification_id(std::string(size, 'o'), "confirmed")));
}
TEST_CASE("long order ids that begin alike are told apart", "[notifications]") {
  const std::string same(63, 'o');
  CHECK(notification_id(same + "1", "confirmed") != notification_id(same + "2", "confirmed"));
}

TEST_CASE("a mail says what happened to which order", "[notifications]") {
  given<Notify>()
      .when("o-1-cancelled",
            pb<v1::NotificationRequested>("kind: 'cancelled' order_id: 'o-1' customer_id: 'ann' "
                                          "reason: 'deadline' "
                                          + amount))
      .then_requests(pb<troupe::v1::Mail>(R"(
          to: 'ann@customers.invalid' subject: 'Your order o-1: cancelled'
          body: 'Your order o-1 over 12.05 EUR is cancelled (deadline).\n'
          headers { key: 'X-Troupe-Order' value: 'o-1' }
          headers { key: 'X-Troupe-Kind' value: 'cancelled' })"));
}
TEST_CASE("guests get mail as well", "[notifications]") {
  given<Notify>()
      .when("o-1-confirmed",
            pb<v1::NotificationRequested>("kind: 'confirmed' order_id: 'o-1' " + amount))
      .then_requests(pb<troupe::v1::Mail>(R"(
          to: 'guest@customers.invalid' subject: 'Your order o-1: confirmed'
          body: 'Thank you. Your order o-1 over 12.05 EUR is confirmed.\n'
          headers { key: 'X-Troupe-Order' value: 'o-1' }
          headers { key: 'X-Troupe-Kind' value: 'confirmed' })"));
}
TEST_CASE("what becomes of a mail is recorded", "[notifications]") {
  const auto call = given<Notify>().when("o-1-confirmed", v1::NotificationRequested{});
  call.answered({}).then_asks(asked("o-1-confirmed", v1::RecordSent{}));
  call.failed({.number = 2, .last = false, .cause = "refused"})
      .then_asks(
          asked("o-1-confirmed", pb<v1::RecordAttemptFailed>("attempt: 2 cause: 'refused'")));
  call.failed({.number = 5, .last = true, .cause = "refused"})
      .then_asks(asked("o-1-confirmed",
                       pb<v1::RecordAttemptFailed>("attempt: 5 cause: 'refused' last: true")));
}

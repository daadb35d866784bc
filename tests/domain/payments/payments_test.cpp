// What payments listen to, and how they speak with the gateway.
#include "actors/payments/payments.hpp"
#include <troupe/testing/given.hpp>

using namespace payments;
using troupe::testing::asked, troupe::testing::given, troupe::testing::pb;

namespace {

const std::string amount = "amount { amount_minor: 500 currency: 'EUR' } ";
const std::string asked_gateway = "order_id: 'o-1' amount: 500 currency: 'EUR' ";

}  // namespace

TEST_CASE("a placed order opens its payment", "[payments]") {
  given<PaymentSteps>()
      .when("o-1",
            pb<ordering::v1::OrderPlaced>("customer_id: 'ann' currency: 'EUR' total_minor: 500"))
      .then_asks(asked("o-1", pb<v1::OpenPayment>(amount + "customer_id: 'ann'")));
}
TEST_CASE("reservation, confirmation and cancellation move the payment", "[payments]") {
  given<PaymentSteps>()
      .when("o-1", inventory::v1::ReservationCompleted{})
      .then_asks(asked("o-1", v1::AuthorizePayment{}));
  given<PaymentSteps>()
      .when("o-1", ordering::v1::OrderConfirmed{})
      .then_asks(asked("o-1", v1::CapturePayment{}));
  given<PaymentSteps>()
      .when("o-1", ordering::v1::OrderCancelled{})
      .then_asks(asked("o-1", v1::CancelPayment{}));
}

TEST_CASE("the gateway authorises an amount, and its answer is recorded", "[payments]") {
  const auto call = given<GatewayAuthorize>().when("o-1", pb<v1::AuthorizationRequested>(amount));
  call.then_requests(pb<v1::GatewayRequest>("operation: 'authorize' " + asked_gateway));
  call.answered(pb<v1::GatewayAnswer>("approved: true reference: 'r-1'"))
      .then_asks(asked("o-1", pb<v1::RecordAuthorization>("approved: true reference: 'r-1'")));
  call.answered(pb<v1::GatewayAnswer>("code: 'no_funds'"))
      .then_asks(asked("o-1", pb<v1::RecordAuthorization>("decline_code: 'no_funds'")));
}
TEST_CASE("the gateway captures what it authorised", "[payments]") {
  const auto call =
      given<GatewayCapture>().when("o-1", pb<v1::CaptureRequested>("reference: 'r-1' " + amount));
  call.then_requests(
      pb<v1::GatewayRequest>("operation: 'capture' reference: 'r-1' " + asked_gateway));
  call.answered(pb<v1::GatewayAnswer>("approved: true reference: 'c-1'"))
      .then_asks(asked("o-1", pb<v1::RecordCapture>("approved: true reference: 'c-1'")));
}
TEST_CASE("the gateway voids what it authorised", "[payments]") {
  const auto call =
      given<GatewayVoid>().when("o-1", pb<v1::VoidRequested>("reference: 'r-1' " + amount));
  call.then_requests(pb<v1::GatewayRequest>("operation: 'void' reference: 'r-1' " + asked_gateway));
  call.answered(pb<v1::GatewayAnswer>("approved: true"))
      .then_asks(asked("o-1", pb<v1::RecordVoid>("approved: true")));
}
TEST_CASE("the gateway refunds what it captured", "[payments]") {
  const auto call =
      given<GatewayRefund>().when("o-1", pb<v1::RefundRequested>("reference: 'r-1' " + amount));
  call.then_requests(
      pb<v1::GatewayRequest>("operation: 'refund' reference: 'r-1' " + asked_gateway));
  call.answered(pb<v1::GatewayAnswer>("code: 'busy'"))
      .then_asks(asked("o-1", pb<v1::RecordRefund>("code: 'busy'")));
}
TEST_CASE("a gateway that does not answer is asked for ever, and says nothing", "[payments]") {
  CHECK(GatewayAuthorize::retry.for_ever());
  CHECK(GatewayCapture::retry.for_ever());
  CHECK(GatewayVoid::retry.for_ever());
  CHECK(GatewayRefund::retry.for_ever());
  given<GatewayCapture>()
      .when("o-1", v1::CaptureRequested{})
      .failed({.number = 100, .last = false, .cause = "timed out"})
      .then_nothing();
}

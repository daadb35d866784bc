// How a payment is authorised, captured and undone, whatever comes first.
#include <random>

#include <troupe/testing/given.hpp>
#include "actors/payments/payment.hpp"

using namespace payments;
using troupe::testing::given, troupe::testing::pb;

namespace {

const std::string amount = "amount { amount_minor: 500 currency: 'EUR' } ";
const std::string referring = "reference: 'r-1' " + amount;

const auto open = pb<v1::OpenPayment>(amount + "customer_id: 'ann'");
const auto opened = pb<v1::PaymentOpened>(amount + "customer_id: 'ann'");
const auto authorization_requested = pb<v1::AuthorizationRequested>(amount);
const auto authorized = pb<v1::PaymentAuthorized>(referring);
const auto declined = pb<v1::PaymentDeclined>("code: 'no_funds'");
const auto capture_requested = pb<v1::CaptureRequested>(referring);
const auto captured = pb<v1::PaymentCaptured>(amount);
const auto capture_failed = pb<v1::CaptureFailed>("code: 'lapsed'");
const v1::PaymentCancellationNoted noted;
const v1::PaymentClosed closed;
const auto void_requested = pb<v1::VoidRequested>(referring);
const auto voided = pb<v1::PaymentVoided>(amount);
const auto refund_requested = pb<v1::RefundRequested>(referring);
const auto refunded = pb<v1::PaymentRefunded>(amount + "customer_id: 'ann'");

const auto approve = pb<v1::RecordAuthorization>("approved: true reference: 'r-1'");
const auto decline = pb<v1::RecordAuthorization>("decline_code: 'no_funds'");
const auto capture_approved = pb<v1::RecordCapture>("approved: true");
const auto capture_refused = pb<v1::RecordCapture>("code: 'lapsed'");

/// Payments that have come so far.
auto authorizing() { return given<Payment>(opened, authorization_requested); }
auto authorised() { return given<Payment>(opened, authorization_requested, authorized); }
auto capturing() {
  return given<Payment>(opened, authorization_requested, authorized, capture_requested);
}
auto capture_done() {
  return given<Payment>(opened, authorization_requested, authorized, capture_requested, captured);
}

}  // namespace

TEST_CASE("a payment is opened with the order's amount", "[payment]") {
  given<Payment>().when(open).then(opened).and_a_retry_changes_nothing();
}
TEST_CASE("a payment is over an amount of a currency", "[payment]") {
  given<Payment>().when(v1::OpenPayment{}).then_rejected(Payment::bad_amount);
  given<Payment>()
      .when(pb<v1::OpenPayment>("amount { amount_minor: -1 currency: 'EUR' }"))
      .then_rejected(Payment::bad_amount);
  given<Payment>()
      .when(pb<v1::OpenPayment>("amount { amount_minor: 1000000000001 currency: 'EUR' }"))
      .then_rejected(Payment::bad_amount);
  given<Payment>()
      .when(pb<v1::OpenPayment>("amount { amount_minor: 1 currency: 'euro' }"))
      .then_rejected(Payment::bad_amount);
}
TEST_CASE("a payment that was closed before it was opened stays closed", "[payment]") {
  given<Payment>(closed).when(open).then_nothing();
}

TEST_CASE("an open payment asks the gateway for an authorisation", "[payment]") {
  given<Payment>(opened)
      .when(v1::AuthorizePayment{})
      .then(authorization_requested)
      .and_a_retry_changes_nothing();
}
TEST_CASE("a reservation that completes before the payment is opened is not forgotten",
          "[payment]") {
  given<Payment>()
      .when(v1::AuthorizePayment{})
      .then(v1::AuthorizationAwaited{})
      .and_a_retry_changes_nothing();
  given<Payment>(v1::AuthorizationAwaited{})
      .when(open)
      .then(opened, authorization_requested)
      .and_a_retry_changes_nothing();
  given<Payment>(v1::AuthorizationAwaited{})
      .when(v1::OpenPayment{})
      .then_rejected(Payment::bad_amount);
}
TEST_CASE("a closed payment is not authorised", "[payment]") {
  given<Payment>(opened, closed).when(v1::AuthorizePayment{}).then_nothing();
}

TEST_CASE("the gateway's answer authorises or declines", "[payment]") {
  authorizing().when(approve).then(authorized).and_a_retry_changes_nothing();
  authorizing().when(decline).then(declined).and_a_retry_changes_nothing();
}
TEST_CASE("answers about a payment that does not exist are refused", "[payment]") {
  given<Payment>().when(approve).then_rejected(Payment::unknown);
  given<Payment>().when(v1::CapturePayment{}).then_rejected(Payment::unknown);
  given<Payment>().when(capture_approved).then_rejected(Payment::unknown);
  given<Payment>().when(pb<v1::RecordVoid>("approved: true")).then_rejected(Payment::unknown);
  given<Payment>().when(pb<v1::RecordRefund>("approved: true")).then_rejected(Payment::unknown);
}
TEST_CASE("the first answer to an authorisation counts", "[payment]") {
  authorised().when(decline).then_nothing();
  given<Payment>(opened, authorization_requested, declined).when(approve).then_nothing();
}

TEST_CASE("an authorised payment is captured", "[payment]") {
  authorised().when(v1::CapturePayment{}).then(capture_requested).and_a_retry_changes_nothing();
  capturing().when(capture_approved).then(captured).and_a_retry_changes_nothing();
  capturing().when(capture_refused).then(capture_failed).and_a_retry_changes_nothing();
}
TEST_CASE("nothing is captured twice, or after a cancellation", "[payment]") {
  capture_done().when(v1::CapturePayment{}).then_nothing();
  capture_done().when(capture_refused).then_nothing();
  given<Payment>(opened, authorization_requested, authorized, void_requested)
      .when(v1::CapturePayment{})
      .then_nothing();
}

TEST_CASE("a payment cancelled before anything was asked is closed", "[payment]") {
  given<Payment>().when(v1::CancelPayment{}).then(closed).and_a_retry_changes_nothing();
  given<Payment>(opened).when(v1::CancelPayment{}).then(closed).and_a_retry_changes_nothing();
  given<Payment>(v1::AuthorizationAwaited{}).when(v1::CancelPayment{}).then(closed);
}
TEST_CASE("a cancellation during the authorisation waits for the answer", "[payment]") {
  authorizing().when(v1::CancelPayment{}).then(noted).and_a_retry_changes_nothing();
  given<Payment>(opened, authorization_requested, noted)
      .when(approve)
      .then(authorized, void_requested)
      .and_a_retry_changes_nothing();
  given<Payment>(opened, authorization_requested, noted).when(decline).then(declined);
}
TEST_CASE("a cancellation voids what is authorised", "[payment]") {
  authorised().when(v1::CancelPayment{}).then(void_requested).and_a_retry_changes_nothing();
}
TEST_CASE("a cancellation during the capture waits for the answer", "[payment]") {
  capturing().when(v1::CancelPayment{}).then(noted).and_a_retry_changes_nothing();
  const auto cancelled_meanwhile =
      given<Payment>(opened, authorization_requested, authorized, capture_requested, noted);
  cancelled_meanwhile.when(capture_approved)
      .then(captured, refund_requested)
      .and_a_retry_changes_nothing();
  cancelled_meanwhile.when(capture_refused)
      .then(capture_failed, void_requested)
      .and_a_retry_changes_nothing();
}
TEST_CASE("a cancellation refunds what is captured", "[payment]") {
  capture_done().when(v1::CancelPayment{}).then(refund_requested).and_a_retry_changes_nothing();
}
TEST_CASE("a cancellation voids what could not be captured", "[payment]") {
  given<Payment>(opened, authorization_requested, authorized, capture_requested, capture_failed)
      .when(v1::CancelPayment{})
      .then(void_requested)
      .and_a_retry_changes_nothing();
}
TEST_CASE("what holds no money has nothing to undo", "[payment]") {
  given<Payment>(opened, authorization_requested, declined)
      .when(v1::CancelPayment{})
      .then_nothing();
  given<Payment>(opened, authorization_requested, authorized, void_requested, voided)
      .when(v1::CancelPayment{})
      .then_nothing();
}

TEST_CASE("a void ends the payment", "[payment]") {
  const auto voiding = given<Payment>(opened, authorization_requested, authorized, void_requested);
  voiding.when(pb<v1::RecordVoid>("approved: true")).then(voided).and_a_retry_changes_nothing();
  authorised().when(pb<v1::RecordVoid>("approved: true")).then_nothing();
}
TEST_CASE("a refund ends the payment and knows whom to tell", "[payment]") {
  const auto refunding = given<Payment>(opened, authorization_requested, authorized,
                                        capture_requested, captured, refund_requested);
  refunding.when(pb<v1::RecordRefund>("approved: true"))
      .then(refunded)
      .and_a_retry_changes_nothing();
  capture_done().when(pb<v1::RecordRefund>("approved: true")).then_nothing();
}
TEST_CASE("what the gateway refuses to undo is recorded, and may be asked for again", "[payment]") {
  const auto void_refused = pb<v1::VoidRefused>("code: 'busy'");
  given<Payment>(opened, authorization_requested, authorized, void_requested)
      .when(pb<v1::RecordVoid>("code: 'busy'"))
      .then(void_refused)
      .and_a_retry_changes_nothing();
  given<Payment>(opened, authorization_requested, authorized, void_requested, void_refused)
      .when(v1::CancelPayment{})
      .then(void_requested);
  const auto refund_refused = pb<v1::RefundRefused>("code: 'busy'");
  given<Payment>(opened, authorization_requested, authorized, capture_requested, captured,
                 refund_requested)
      .when(pb<v1::RecordRefund>("code: 'busy'"))
      .then(refund_refused)
      .and_a_retry_changes_nothing();
  given<Payment>(opened, authorization_requested, authorized, capture_requested, captured,
                 refund_requested, refund_refused)
      .when(v1::CancelPayment{})
      .then(refund_requested);
}

TEST_CASE("no sequence of commands takes money twice, or keeps it after a cancellation",
          "[payment][property]") {
  const auto seed = GENERATE(range(1u, 301u));
  CAPTURE(seed);
  std::mt19937 random(seed);
  Payment::State payment;
  int open_questions = 0;
  int captures = 0;
  int refunds = 0;
  bool cancelled = false;
  const auto send = [&](const auto& command) {
    const auto decision = Payment::decide(payment, command);
    if (decision.rejected()) return;
    for (const auto& event : decision.events()) {
      troupe::evolve<Payment>(payment, event);
      const auto is = [&]<class... E>(troupe::MessageSet<E...>) {
        return (std::holds_alternative<E>(event) || ...);
      };
      if (is(troupe::MessageSet<v1::AuthorizationRequested, v1::CaptureRequested, v1::VoidRequested,
                                v1::RefundRequested>{}))
        ++open_questions;
      if (is(troupe::MessageSet<v1::PaymentAuthorized, v1::PaymentDeclined, v1::PaymentCaptured,
                                v1::CaptureFailed, v1::PaymentVoided, v1::PaymentRefunded>{}))
        --open_questions;
      captures += std::holds_alternative<v1::PaymentCaptured>(event) ? 1 : 0;
      refunds += std::holds_alternative<v1::PaymentRefunded>(event) ? 1 : 0;
    }
    REQUIRE(open_questions >= 0);
    REQUIRE(open_questions <= 1);
    REQUIRE(captures <= 1);
    REQUIRE(refunds <= captures);
  };
  const auto answer_anything = [&] {
    send(random() % 4 == 0 ? decline : approve);
    send(random() % 4 == 0 ? capture_refused : capture_approved);
    send(pb<v1::RecordVoid>("approved: true"));
    send(pb<v1::RecordRefund>("approved: true"));
  };
  for (int step = 0; step < 25; ++step) {
    switch (random() % 8) {
      case 0:
        send(open);
        break;
      case 1:
        send(v1::AuthorizePayment{});
        break;
      case 2:
        send(v1::CapturePayment{});
        break;
      case 3:
        answer_anything();
        break;
      case 4:
        send(approve);
        break;
      case 5:
        send(capture_approved);
        break;
      case 6:
        send(pb<v1::RecordRefund>("approved: true"));
        break;
      default:
        if (random() % 4 != 0) break;
        send(v1::CancelPayment{});
        cancelled = true;
    }
  }
  for (int round = 0; round < 3; ++round) answer_anything();
  CHECK(open_questions == 0);
  if (cancelled) CHECK(captures == refunds);
}

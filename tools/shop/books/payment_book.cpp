// Payments: which steps are legal when, and how much money each of them moves.
#include <algorithm>
#include <array>
#include <vector>

#include "payments/v1/events.pb.h"
#include "tools/shop/books/order_books.hpp"

namespace troupe::tool {

namespace {

namespace payments = ::payments::v1;
using Status = BookedPayment::Status;

struct Step {
  const google::protobuf::Descriptor* event;
  std::vector<Status> from;
  Status to;
};

/// What may follow on what. A noted cancellation moves no status.
const std::vector<Step>& steps() {
  static const std::vector<Step> all{
      {payments::PaymentOpened::descriptor(), {Status::none, Status::awaited}, Status::opened},
      {payments::AuthorizationAwaited::descriptor(), {Status::none}, Status::awaited},
      {payments::AuthorizationRequested::descriptor(), {Status::opened}, Status::authorizing},
      {payments::PaymentAuthorized::descriptor(), {Status::authorizing}, Status::authorized},
      {payments::PaymentDeclined::descriptor(), {Status::authorizing}, Status::declined},
      {payments::CaptureRequested::descriptor(), {Status::authorized}, Status::capturing},
      {payments::PaymentCaptured::descriptor(), {Status::capturing}, Status::captured},
      {payments::CaptureFailed::descriptor(), {Status::capturing}, Status::capture_failed},
      {payments::PaymentClosed::descriptor(),
       {Status::none, Status::awaited, Status::opened},
       Status::closed},
      {payments::VoidRequested::descriptor(),
       {Status::authorized, Status::capture_failed, Status::void_refused},
       Status::voiding},
      {payments::PaymentVoided::descriptor(), {Status::voiding}, Status::voided},
      {payments::VoidRefused::descriptor(), {Status::voiding}, Status::void_refused},
      {payments::RefundRequested::descriptor(),
       {Status::captured, Status::refund_refused},
       Status::refunding},
      {payments::PaymentRefunded::descriptor(), {Status::refunding}, Status::refunded},
      {payments::RefundRefused::descriptor(), {Status::refunding}, Status::refund_refused},
  };
  return all;
}

void follow(BookedPayment& payment, const check::EventAt& event, check::Report& report) {
  if (event.as<payments::PaymentCancellationNoted>() != nullptr) {
    if (payment.status != Status::authorizing && payment.status != Status::capturing)
      illegal(event, "no answer is outstanding", report);
    if (payment.cancellation_noted) illegal(event, "it is noted already", report);
    payment.cancellation_noted = true;
    return;
  }
  const auto* type = event.data().GetDescriptor();
  const auto step =
      std::find_if(steps().begin(), steps().end(), [&](const auto& s) { return s.event == type; });
  if (step == steps().end()) return illegal(event, "the checker does not know it", report);
  if (std::find(step->from.begin(), step->from.end(), payment.status) == step->from.end())
    illegal(event, "the payment is not ready for it", report);
  payment.status = step->to;
}

/// Every amount is the one the payment was opened with.
void compare(const BookedPayment& payment, const check::EventAt& event,
             const money::v1::Money& amount, check::Report& report) {
  if (amount.amount_minor() != payment.amount_minor || amount.currency() != payment.currency)
    report.violated("I12",
                    event.data().GetDescriptor()->name() + " is about "
                        + std::to_string(amount.amount_minor()) + ' ' + amount.currency()
                        + ", the payment about " + std::to_string(payment.amount_minor) + ' '
                        + payment.currency,
                    event.name());
}

template <class E>
void compare_if(const BookedPayment& payment, const check::EventAt& event, check::Report& report) {
  if (const auto* e = event.as<E>()) compare(payment, event, e->amount(), report);
}

void read_payment_event(BookedPayment& payment, const check::EventAt& event,
                        check::Report& report) {
  payment.last = event.name();
  follow(payment, event, report);
  if (const auto* opened = event.as<payments::PaymentOpened>()) {
    payment.amount_minor = opened->amount().amount_minor();
    payment.currency = opened->amount().currency();
  }
  compare_if<payments::AuthorizationRequested>(payment, event, report);
  compare_if<payments::PaymentAuthorized>(payment, event, report);
  compare_if<payments::CaptureRequested>(payment, event, report);
  compare_if<payments::VoidRequested>(payment, event, report);
  compare_if<payments::PaymentVoided>(payment, event, report);
  compare_if<payments::RefundRequested>(payment, event, report);
  if (const auto* captured = event.as<payments::PaymentCaptured>()) {
    compare(payment, event, captured->amount(), report);
    payment.captured_minor += captured->amount().amount_minor();
    if (++payment.captures > 1)
      report.violated("I12", "the order is charged a second time", event.name());
    report.count("captures");
  }
  if (const auto* refunded = event.as<payments::PaymentRefunded>()) {
    compare(payment, event, refunded->amount(), report);
    payment.refunded_minor += refunded->amount().amount_minor();
    report.count("refunds");
  }
}

}  // namespace

void read_payments(const check::DecodedContext& payments, OrderBooks& books,
                   check::Report& report) {
  payments.for_each_event("payment", [&](const check::EventAt& event) {
    read_payment_event(books.payments[event.id()], event, report);
  });
}

}  // namespace troupe::tool

// The payment of an order: authorised, captured, and given back when the order ends.
#pragma once

#include <string>
#include <vector>

#include <troupe/aggregate.hpp>
#include "actors/money.hpp"
#include "payments/v1/commands.pb.h"
#include "payments/v1/events.pb.h"
#include "payments/v1/state.pb.h"

namespace payments {

/// At most one question to the gateway is open at a time. A cancellation that meets an open
/// question waits for its answer, because only the answer says what has to be undone.
struct Payment {
  static constexpr std::string_view name = "payment";
  using State = v1::PaymentState;
  using Commands =
      troupe::MessageSet<v1::OpenPayment, v1::AuthorizePayment, v1::RecordAuthorization,
                         v1::CapturePayment, v1::RecordCapture, v1::CancelPayment, v1::RecordVoid,
                         v1::RecordRefund>;
  using Events =
      troupe::MessageSet<v1::PaymentOpened, v1::AuthorizationAwaited, v1::AuthorizationRequested,
                         v1::PaymentAuthorized, v1::PaymentDeclined, v1::CaptureRequested,
                         v1::PaymentCaptured, v1::CaptureFailed, v1::PaymentCancellationNoted,
                         v1::PaymentClosed, v1::VoidRequested, v1::PaymentVoided, v1::VoidRefused,
                         v1::RefundRequested, v1::PaymentRefunded, v1::RefundRefused>;
  using Event = Events::Variant;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection bad_amount{"payment.bad_amount"};
  static constexpr troupe::Rejection unknown{"payment.unknown"};

  /// The order's news and the reservation's travel separately: the payment may be asked to
  /// authorise, or be cancelled, before it is opened.
  static Decision decide(const State& payment, const v1::OpenPayment& open) {
    const bool awaited = payment.status() == v1::PAYMENT_STATUS_AWAITED;
    if (payment.status() != v1::PAYMENT_STATUS_UNKNOWN && !awaited) return troupe::nothing;
    if (open.amount().amount_minor() <= 0 || open.amount().amount_minor() > money::amount_minor_max
        || !money::is_currency(open.amount().currency()))
      return bad_amount;
    std::vector<Event> events{troupe::make<v1::PaymentOpened>([&](auto& e) {
      *e.mutable_amount() = open.amount();
      e.set_customer_id(open.customer_id());
    })};
    if (awaited) events.emplace_back(of_amount<v1::AuthorizationRequested>(open.amount()));
    return events;
  }

  static Decision decide(const State& payment, const v1::AuthorizePayment&) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return v1::AuthorizationAwaited{};
    if (payment.status() != v1::PAYMENT_STATUS_OPENED) return troupe::nothing;
    return of_amount<v1::AuthorizationRequested>(payment.amount());
  }

  static Decision decide(const State& payment, const v1::RecordAuthorization& answer) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return unknown;
    if (payment.status() != v1::PAYMENT_STATUS_AUTHORIZING) return troupe::nothing;
    if (!answer.approved()) return coded<v1::PaymentDeclined>(answer.decline_code());
    std::vector<Event> events{
        referring<v1::PaymentAuthorized>(answer.reference(), payment.amount())};
    if (payment.cancellation_noted())
      events.emplace_back(referring<v1::VoidRequested>(answer.reference(), payment.amount()));
    return events;
  }

  static Decision decide(const State& payment, const v1::CapturePayment&) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return unknown;
    if (payment.status() != v1::PAYMENT_STATUS_AUTHORIZED) return troupe::nothing;
    return referring<v1::CaptureRequested>(payment.reference(), payment.amount());
  }

  static Decision decide(const State& payment, const v1::RecordCapture& answer) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return unknown;
    if (payment.status() != v1::PAYMENT_STATUS_CAPTURING) return troupe::nothing;
    std::vector<Event> events;
    if (answer.approved())
      events.emplace_back(of_amount<v1::PaymentCaptured>(payment.amount()));
    else
      events.emplace_back(coded<v1::CaptureFailed>(answer.code()));
    if (payment.cancellation_noted()) {
      if (answer.approved())
        events.emplace_back(refund_all(payment));
      else
        events.emplace_back(void_authorization(payment));
    }
    return events;
  }

  /// Where the gateway refused to undo, a further cancellation asks it once more.
  static Decision decide(const State& payment, const v1::CancelPayment&) {
    switch (payment.status()) {
      case v1::PAYMENT_STATUS_UNKNOWN:
      case v1::PAYMENT_STATUS_AWAITED:
      case v1::PAYMENT_STATUS_OPENED:
        return v1::PaymentClosed{};
      case v1::PAYMENT_STATUS_AUTHORIZING:
      case v1::PAYMENT_STATUS_CAPTURING:
        if (payment.cancellation_noted()) return troupe::nothing;
        return v1::PaymentCancellationNoted{};
      case v1::PAYMENT_STATUS_AUTHORIZED:
      case v1::PAYMENT_STATUS_CAPTURE_FAILED:
      case v1::PAYMENT_STATUS_VOID_REFUSED:
        return void_authorization(payment);
      case v1::PAYMENT_STATUS_CAPTURED:
      case v1::PAYMENT_STATUS_REFUND_REFUSED:
        return refund_all(payment);
      default:
        return troupe::nothing;
    }
  }

  static Decision decide(const State& payment, const v1::RecordVoid& answer) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return unknown;
    if (payment.status() != v1::PAYMENT_STATUS_VOIDING) return troupe::nothing;
    if (!answer.approved()) return coded<v1::VoidRefused>(answer.code());
    return of_amount<v1::PaymentVoided>(payment.amount());
  }

  static Decision decide(const State& payment, const v1::RecordRefund& answer) {
    if (payment.status() == v1::PAYMENT_STATUS_UNKNOWN) return unknown;
    if (payment.status() != v1::PAYMENT_STATUS_REFUNDING) return troupe::nothing;
    if (!answer.approved()) return coded<v1::RefundRefused>(answer.code());
    auto refunded = of_amount<v1::PaymentRefunded>(payment.amount());
    refunded.set_customer_id(payment.customer_id());
    return refunded;
  }

  static void evolve(State& payment, const v1::PaymentOpened& e) {
    payment.set_status(v1::PAYMENT_STATUS_OPENED);
    *payment.mutable_amount() = e.amount();
    payment.set_customer_id(e.customer_id());
  }
  static void evolve(State& payment, const v1::AuthorizationAwaited&) {
    payment.set_status(v1::PAYMENT_STATUS_AWAITED);
  }
  static void evolve(State& payment, const v1::AuthorizationRequested&) {
    payment.set_status(v1::PAYMENT_STATUS_AUTHORIZING);
  }
  static void evolve(State& payment, const v1::PaymentAuthorized& e) {
    payment.set_status(v1::PAYMENT_STATUS_AUTHORIZED);
    payment.set_reference(e.reference());
  }
  static void evolve(State& payment, const v1::PaymentDeclined&) {
    payment.set_status(v1::PAYMENT_STATUS_DECLINED);
  }
  static void evolve(State& payment, const v1::CaptureRequested&) {
    payment.set_status(v1::PAYMENT_STATUS_CAPTURING);
  }
  static void evolve(State& payment, const v1::PaymentCaptured&) {
    payment.set_status(v1::PAYMENT_STATUS_CAPTURED);
  }
  static void evolve(State& payment, const v1::CaptureFailed&) {
    payment.set_status(v1::PAYMENT_STATUS_CAPTURE_FAILED);
  }
  static void evolve(State& payment, const v1::PaymentCancellationNoted&) {
    payment.set_cancellation_noted(true);
  }
  static void evolve(State& payment, const v1::PaymentClosed&) {
    payment.set_status(v1::PAYMENT_STATUS_CLOSED);
  }
  static void evolve(State& payment, const v1::VoidRequested&) {
    payment.set_status(v1::PAYMENT_STATUS_VOIDING);
  }
  static void evolve(State& payment, const v1::PaymentVoided&) {
    payment.set_status(v1::PAYMENT_STATUS_VOIDED);
  }
  static void evolve(State& payment, const v1::VoidRefused&) {
    payment.set_status(v1::PAYMENT_STATUS_VOID_REFUSED);
  }
  static void evolve(State& payment, const v1::RefundRequested&) {
    payment.set_status(v1::PAYMENT_STATUS_REFUNDING);
  }
  static void evolve(State& payment, const v1::PaymentRefunded&) {
    payment.set_status(v1::PAYMENT_STATUS_REFUNDED);
  }
  static void evolve(State& payment, const v1::RefundRefused&) {
    payment.set_status(v1::PAYMENT_STATUS_REFUND_REFUSED);
  }

private:
  template <class E>
  static E of_amount(const money::v1::Money& amount) {
    return troupe::make<E>([&](auto& e) { *e.mutable_amount() = amount; });
  }
  template <class E>
  static E referring(const std::string& reference, const money::v1::Money& amount) {
    return troupe::make<E>([&](auto& e) {
      e.set_reference(reference);
      *e.mutable_amount() = amount;
    });
  }
  template <class E>
  static E coded(const std::string& code) {
    return troupe::make<E>([&](auto& e) { e.set_code(code); });
  }
  static v1::VoidRequested void_authorization(const State& payment) {
    return referring<v1::VoidRequested>(payment.reference(), payment.amount());
  }
  static v1::RefundRequested refund_all(const State& payment) {
    return referring<v1::RefundRequested>(payment.reference(), payment.amount());
  }
};
static_assert(troupe::Aggregate<Payment>);

}  // namespace payments

// One piece of news for one customer: sent, or given up where everybody can see it.
#pragma once

#include <string>
#include <vector>

#include <troupe/aggregate.hpp>
#include "notifications/v1/commands.pb.h"
#include "notifications/v1/events.pb.h"
#include "notifications/v1/state.pb.h"

namespace notifications {

struct Notification {
  static constexpr std::string_view name = "notification";
  using State = v1::NotificationState;
  using Commands =
      troupe::MessageSet<v1::RequestNotification, v1::RecordSent, v1::RecordAttemptFailed>;
  using Events = troupe::MessageSet<v1::NotificationRequested, v1::NotificationSent,
                                    v1::NotificationAttemptFailed, v1::NotificationGivenUp>;
  using Event = Events::Variant;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection bad_kind{"notification.bad_kind"};
  static constexpr troupe::Rejection bad_customer{"notification.bad_customer"};
  static constexpr troupe::Rejection bad_order{"notification.bad_order"};
  static constexpr troupe::Rejection unknown{"notification.unknown"};

  static Decision decide(const State& notification, const v1::RequestNotification& request) {
    if (notification.status() != v1::NOTIFICATION_STATUS_UNKNOWN) return troupe::nothing;
    if (!is_kind(request.kind())) return bad_kind;
    if (!troupe::is_token(request.order_id())) return bad_order;
    if (!request.customer_id().empty() && !troupe::is_token(request.customer_id()))
      return bad_customer;
    return troupe::make<v1::NotificationRequested>([&](auto& e) {
      e.set_kind(request.kind());
      e.set_order_id(request.order_id());
      e.set_customer_id(request.customer_id());
      *e.mutable_amount() = request.amount();
      e.set_reason(request.reason());
    });
  }

  /// What was delivered was delivered, also after it was given up.
  static Decision decide(const State& notification, const v1::RecordSent&) {
    if (notification.status() == v1::NOTIFICATION_STATUS_UNKNOWN) return unknown;
    if (notification.status() == v1::NOTIFICATION_STATUS_SENT) return troupe::nothing;
    return v1::NotificationSent{};
  }

  static Decision decide(const State& notification, const v1::RecordAttemptFailed& failure) {
    if (notification.status() == v1::NOTIFICATION_STATUS_UNKNOWN) return unknown;
    if (notification.status() != v1::NOTIFICATION_STATUS_REQUESTED) return troupe::nothing;
    if (failure.attempt() <= notification.attempts_failed()) return troupe::nothing;
    std::vector<Event> events{troupe::make<v1::NotificationAttemptFailed>([&](auto& e) {
      e.set_attempt(failure.attempt());
      e.set_cause(failure.cause());
    })};
    if (failure.last())
      events.emplace_back(troupe::make<v1::NotificationGivenUp>([&](auto& e) {
        e.set_attempts(failure.attempt());
        e.set_cause(failure.cause());
      }));
    return events;
  }

  static void evolve(State& notification, const v1::NotificationRequested&) {
    notification.set_status(v1::NOTIFICATION_STATUS_REQUESTED);
  }
  static void evolve(State& notification, const v1::NotificationSent&) {
    notification.set_status(v1::NOTIFICATION_STATUS_SENT);
  }
  static void evolve(State& notification, const v1::NotificationAttemptFailed& e) {
    notification.set_attempts_failed(e.attempt());
  }
  static void evolve(State& notification, const v1::NotificationGivenUp&) {
    notification.set_status(v1::NOTIFICATION_STATUS_GIVEN_UP);
  }

private:
  static bool is_kind(std::string_view kind) {
    return kind == "confirmed" || kind == "cancelled" || kind == "refunded";
  }
};
static_assert(troupe::Aggregate<Notification>);

}  // namespace notifications

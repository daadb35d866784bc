// A notification becomes a mail.
#pragma once

#include <chrono>
#include <string>

#include <google/protobuf/empty.pb.h>

#include <troupe/effect.hpp>
#include "actors/notifications/notification.hpp"
#include "troupe/v1/mail.pb.h"

namespace notifications {

struct Notify : troupe::Effect {
  static constexpr std::string_view name = "notify";
  using Aggregate = Notification;
  using Event = v1::NotificationRequested;
  using Request = troupe::v1::Mail;
  using Answer = google::protobuf::Empty;
  using Asks = troupe::Asks<Notification>;
  static constexpr troupe::Retry retry{.longest_pause = std::chrono::minutes(30),
                                       .age = std::chrono::hours(24)};

  static Request request(const troupe::Recorded<Event>& asked) {
    const auto& news = asked.data;
    Request mail;
    mail.set_to((news.customer_id().empty() ? "guest" : news.customer_id()) + "@customers.invalid");
    mail.set_subject("Your order " + news.order_id() + ": " + news.kind());
    mail.set_body(body(news));
    (*mail.mutable_headers())["X-Troupe-Order"] = news.order_id();
    (*mail.mutable_headers())["X-Troupe-Kind"] = news.kind();
    return mail;
  }
  static Asks answered(const troupe::Recorded<Event>& asked, const Answer&) {
    return troupe::ask<Notification>(asked.id, v1::RecordSent{});
  }
  static Asks failed(const troupe::Recorded<Event>& asked, const troupe::FailedAttempt& attempt) {
    return troupe::ask<Notification>(asked.id,
                                     troupe::make<v1::RecordAttemptFailed>([&](auto& record) {
                                       record.set_attempt(attempt.number);
                                       record.set_cause(std::string(attempt.cause));
                                       record.set_last(attempt.last);
                                     }));
  }

private:
  static std::string body(const Event& news) {
    const auto amount = written(news.amount());
    if (news.kind() == "confirmed")
      return "Thank you. Your order " + news.order_id() + " over " + amount + " is confirmed.\n";
    if (news.kind() == "refunded")
      return amount + " for your order " + news.order_id() + " are on their way back to you.\n";
    return "Your order " + news.order_id() + " over " + amount + " is cancelled (" + news.reason()
           + ").\n";
  }
  /// With two decimals, as most currencies are written.
  static std::string written(const money::v1::Money& money) {
    const auto cents = std::to_string(money.amount_minor() % 100);
    return std::to_string(money.amount_minor() / 100) + '.' + (cents.size() < 2 ? "0" : "") + cents
           + ' ' + money.currency();
  }
};
static_assert(troupe::IsEffect<Notify>);

}  // namespace notifications

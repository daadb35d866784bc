// The notifications service: what customers are told.
#pragma once

#include <troupe/context.hpp>
#include "actors/notifications/notification.hpp"
#include "actors/notifications/notify.hpp"
#include "actors/notifications/order_news.hpp"

namespace notifications {

struct Notifications {
  static constexpr std::string_view name = "notifications";
  using Parts = troupe::Parts<Notification, OrderNews, Notify>;
};

}  // namespace notifications

// The notifications service: what customers are told.
#pragma once

#include "actors/notifications/notification.hpp"
#include "actors/notifications/notify.hpp"
#include "actors/notifications/order_news.hpp"
#include "runtime/domain/context.hpp"

namespace notifications {

struct Notifications {
  static constexpr std::string_view name = "notifications";
  using Parts = troupe::Parts<Notification, OrderNews, Notify>;
};

}  // namespace notifications

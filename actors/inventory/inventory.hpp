// The inventory service: what lies on the shelves, and for whom.
#pragma once

#include <troupe/context.hpp>
#include "actors/inventory/expiry.hpp"
#include "actors/inventory/reservation.hpp"
#include "actors/inventory/reservation_answers.hpp"
#include "actors/inventory/reservation_requests.hpp"
#include "actors/inventory/stock.hpp"
#include "actors/inventory/stock_asks.hpp"
#include "actors/inventory/stock_levels.hpp"

namespace inventory {

struct Inventory {
  static constexpr std::string_view name = "inventory";
  using Parts = troupe::Parts<Stock, Reservation, ReservationRequests, ReservationAnswers,
                              StockAsks, Expiry, StockLevels, GetStock>;
  using Public = troupe::Public<v1::ReceiveStock>;
};

}  // namespace inventory

// A reservation listens to its order and to the order's payment.
#pragma once

#include <troupe/reaction.hpp>
#include <troupe/timestamp.hpp>
#include "actors/inventory/reservation.hpp"
#include "ordering/v1/events.pb.h"
#include "payments/v1/events.pb.h"

namespace inventory {

struct ReservationRequests : troupe::Reaction {
  static constexpr std::string_view name = "reservation-requests";
  using Aggregate = Reservation;
  using Events = troupe::MessageSet<ordering::v1::OrderPlaced, ordering::v1::OrderCancelled,
                                    payments::v1::PaymentCaptured>;
  using Asks = troupe::Asks<Reservation>;

  /// A reservation outlives its order's deadline, so that an order confirmed at the last moment can
  /// still be paid and shipped.
  static constexpr std::chrono::minutes expires_after_deadline{5};

  static Asks on(const troupe::Recorded<ordering::v1::OrderPlaced>& placed) {
    return troupe::ask<Reservation>(
        placed.id, troupe::make<v1::RequestReservation>([&](auto& request) {
          for (const auto& ordered : placed.data.lines()) {
            auto& line = *request.add_lines();
            line.set_article_id(ordered.article_id());
            line.set_quantity(ordered.quantity());
          }
          const auto deadline = troupe::to_time(placed.data.deadline());
          *request.mutable_expires_at() = troupe::to_timestamp(deadline + expires_after_deadline);
        }));
  }
  static Asks on(const troupe::Recorded<ordering::v1::OrderCancelled>& cancelled) {
    return troupe::ask<Reservation>(cancelled.id, v1::ReleaseReservation{});
  }
  static Asks on(const troupe::Recorded<payments::v1::PaymentCaptured>& captured) {
    return troupe::ask<Reservation>(captured.id, v1::ShipReservation{});
  }
};
static_assert(troupe::IsReaction<ReservationRequests>);

}  // namespace inventory

// A reservation that nobody ships or releases in time gives its pieces back by itself.
#pragma once

#include <troupe/timer.hpp>
#include <troupe/timestamp.hpp>
#include "actors/inventory/reservation.hpp"

namespace inventory {

struct Expiry : troupe::Timer {
  static constexpr std::string_view name = "expiry";
  using Aggregate = Reservation;
  using Events = troupe::MessageSet<v1::ReservationRequested, v1::ReservationFailed,
                                    v1::ReservationReleased, v1::ReservationShipped>;
  using Change = troupe::TimerChange<Reservation>;

  static Change on(const troupe::Recorded<v1::ReservationRequested>& requested) {
    return Change::arm(troupe::to_time(requested.data.expires_at()), v1::ExpireReservation{});
  }
  static Change on(const troupe::Recorded<v1::ReservationFailed>&) { return troupe::disarm; }
  static Change on(const troupe::Recorded<v1::ReservationReleased>&) { return troupe::disarm; }
  static Change on(const troupe::Recorded<v1::ReservationShipped>&) { return troupe::disarm; }
};
static_assert(troupe::IsTimer<Expiry>);

}  // namespace inventory

// A reservation listens to what stock says about its lines.
#pragma once

#include <array>

#include <troupe/reaction.hpp>
#include "actors/inventory/line_reference.hpp"
#include "actors/inventory/reservation.hpp"
#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"

namespace inventory {

struct ReservationAnswers : troupe::Reaction {
  static constexpr std::string_view name = "reservation-answers";
  using Aggregate = Reservation;
  using Events = troupe::MessageSet<v1::StockReserved, v1::StockRefused>;
  using Asks = troupe::Asks<Reservation>;

  /// Stock reserved by hand under a reference that looks like a line's is nobody's line.
  static constexpr std::array expected{Reservation::unknown, Reservation::no_such_line};

  static Asks on(const troupe::Recorded<v1::StockReserved>& reserved) {
    return record<v1::RecordLineReserved>(reserved.data.reference());
  }
  static Asks on(const troupe::Recorded<v1::StockRefused>& refused) {
    return record<v1::RecordLineRefused>(refused.data.reference());
  }

private:
  template <class Command>
  static Asks record(std::string_view text) {
    const auto reference = LineReference::parse(text);
    if (!reference) return {};
    return troupe::ask<Reservation>(
        reference->reservation_id,
        troupe::make<Command>([&](auto& command) { command.set_line(reference->line); }));
  }
};
static_assert(troupe::IsReaction<ReservationAnswers>);

}  // namespace inventory

// A reservation: all lines of an order together, or none; ended by shipping, release or expiry.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <troupe/aggregate.hpp>
#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"
#include "inventory/v1/state.pb.h"

namespace inventory {

/// It waits for the answer to every line before it fails, so that nothing is reserved behind its
/// back; a line that is answered after the end is given back by itself. An answer costs the same
/// for one line as for a thousand; only the ends look at all lines.
struct Reservation {
  static constexpr std::string_view name = "reservation";
  using State = v1::ReservationState;
  using Commands =
      troupe::MessageSet<v1::RequestReservation, v1::RecordLineReserved, v1::RecordLineRefused,
                         v1::ShipReservation, v1::ReleaseReservation, v1::ExpireReservation>;
  using Events =
      troupe::MessageSet<v1::ReservationRequested, v1::LineReserved, v1::LineRefused,
                         v1::ReservationCompleted, v1::ReservationFailed, v1::ReservationReleased,
                         v1::ReservationShipped, v1::LateLineReleased>;
  using Event = Events::Variant;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection bad_lines{"reservation.bad_lines"};
  static constexpr troupe::Rejection no_such_line{"reservation.no_such_line"};
  static constexpr troupe::Rejection unknown{"reservation.unknown"};

  static constexpr int lines_max = 1'000;

  static Decision decide(const State& reservation, const v1::RequestReservation& request) {
    if (reservation.status() != v1::RESERVATION_STATUS_UNKNOWN) return troupe::nothing;
    if (!are_lines(request)) return bad_lines;
    return troupe::make<v1::ReservationRequested>([&](auto& e) {
      *e.mutable_lines() = request.lines();
      *e.mutable_expires_at() = request.expires_at();
    });
  }

  static Decision decide(const State& reservation, const v1::RecordLineReserved& answer) {
    if (reservation.status() == v1::RESERVATION_STATUS_UNKNOWN) return unknown;
    if (!has_line(reservation, answer.line())) return no_such_line;
    if (!is_pending(reservation, answer.line())) return troupe::nothing;
    if (reservation.status() != v1::RESERVATION_STATUS_REQUESTED)
      return late(reservation, answer.line());

    std::vector<Event> events{numbered<v1::LineReserved>(answer.line())};
    if (reservation.lines_pending() == 1) {
      if (reservation.lines_refused() == 0)
        events.emplace_back(v1::ReservationCompleted{});
      else
        events.emplace_back(failed(reservation, "out_of_stock", answer.line()));
    }
    return events;
  }

  static Decision decide(const State& reservation, const v1::RecordLineRefused& answer) {
    if (reservation.status() == v1::RESERVATION_STATUS_UNKNOWN) return unknown;
    if (!has_line(reservation, answer.line())) return no_such_line;
    if (!is_pending(reservation, answer.line())) return troupe::nothing;
    if (reservation.status() != v1::RESERVATION_STATUS_REQUESTED) return troupe::nothing;

    std::vector<Event> events{numbered<v1::LineRefused>(answer.line())};
    if (reservation.lines_pending() == 1) events.emplace_back(failed(reservation, "out_of_stock"));
    return events;
  }

  /// One that ended before has told so, and whoever paid gets the money back.
  static Decision decide(const State& reservation, const v1::ShipReservation&) {
    if (reservation.status() == v1::RESERVATION_STATUS_UNKNOWN) return unknown;
    if (reservation.status() != v1::RESERVATION_STATUS_COMPLETED) return troupe::nothing;
    return troupe::make<v1::ReservationShipped>(
        [&](auto& e) { add_reserved(reservation, *e.mutable_lines()); });
  }

  /// Recorded even if nothing was requested yet, so that a late request finds it ended.
  static Decision decide(const State& reservation, const v1::ReleaseReservation&) {
    switch (reservation.status()) {
      case v1::RESERVATION_STATUS_FAILED:
      case v1::RESERVATION_STATUS_RELEASED:
        return troupe::nothing;
      case v1::RESERVATION_STATUS_SHIPPED:
        return troupe::make<v1::ReservationReleased>(
            [&](auto& e) { add_reserved(reservation, *e.mutable_lines_to_restock()); });
      default:
        return troupe::make<v1::ReservationReleased>(
            [&](auto& e) { add_reserved(reservation, *e.mutable_lines_to_release()); });
    }
  }

  static Decision decide(const State& reservation, const v1::ExpireReservation&) {
    switch (reservation.status()) {
      case v1::RESERVATION_STATUS_UNKNOWN:
        return unknown;
      case v1::RESERVATION_STATUS_REQUESTED:
      case v1::RESERVATION_STATUS_COMPLETED:
        return failed(reservation, "reservation_expired");
      default:
        return troupe::nothing;
    }
  }

  static void evolve(State& reservation, const v1::ReservationRequested& e) {
    reservation.set_status(v1::RESERVATION_STATUS_REQUESTED);
    *reservation.mutable_lines() = e.lines();
    reservation.mutable_answers()->Resize(e.lines_size(), v1::LINE_STATUS_PENDING);
    reservation.set_lines_pending(e.lines_size());
  }
  static void evolve(State& reservation, const v1::LineReserved& e) {
    answered(reservation, e.line(), v1::LINE_STATUS_RESERVED);
  }
  static void evolve(State& reservation, const v1::LineRefused& e) {
    answered(reservation, e.line(), v1::LINE_STATUS_REFUSED);
    reservation.set_lines_refused(reservation.lines_refused() + 1);
  }
  static void evolve(State& reservation, const v1::ReservationCompleted&) {
    reservation.set_status(v1::RESERVATION_STATUS_COMPLETED);
  }
  static void evolve(State& reservation, const v1::ReservationFailed&) {
    reservation.set_status(v1::RESERVATION_STATUS_FAILED);
  }
  static void evolve(State& reservation, const v1::ReservationReleased&) {
    reservation.set_status(v1::RESERVATION_STATUS_RELEASED);
  }
  static void evolve(State& reservation, const v1::ReservationShipped&) {
    reservation.set_status(v1::RESERVATION_STATUS_SHIPPED);
  }
  static void evolve(State& reservation, const v1::LateLineReleased& e) {
    answered(reservation, e.line(), v1::LINE_STATUS_GIVEN_BACK);
  }

private:
  using NumberedLines = google::protobuf::RepeatedPtrField<v1::NumberedLine>;

  static bool are_lines(const v1::RequestReservation& request) {
    if (request.lines().empty() || request.lines_size() > lines_max) return false;
    for (const auto& line : request.lines())
      if (!troupe::is_token(line.article_id()) || line.quantity() <= 0) return false;
    return true;
  }
  static bool has_line(const State& reservation, std::int32_t line) {
    return line >= 1 && line <= reservation.lines_size();
  }
  static bool is_pending(const State& reservation, std::int32_t line) {
    return reservation.answers(line - 1) == v1::LINE_STATUS_PENDING;
  }
  static void answered(State& reservation, std::int32_t line, v1::LineStatus status) {
    reservation.set_answers(line - 1, status);
    reservation.set_lines_pending(reservation.lines_pending() - 1);
  }

  template <class E>
  static E numbered(std::int32_t line) {
    return troupe::make<E>([&](auto& e) { e.set_line(line); });
  }
  static v1::LateLineReleased late(const State& reservation, std::int32_t line) {
    auto released = numbered<v1::LateLineReleased>(line);
    released.set_article_id(reservation.lines(line - 1).article_id());
    return released;
  }
  /// `just_reserved` is a line whose answer is part of the same decision; 0: none.
  static v1::ReservationFailed failed(const State& reservation, const std::string& reason,
                                      std::int32_t just_reserved = 0) {
    return troupe::make<v1::ReservationFailed>([&](auto& e) {
      e.set_reason(reason);
      add_reserved(reservation, *e.mutable_lines_to_release(), just_reserved);
    });
  }
  static void add_reserved(const State& reservation, NumberedLines& to,
                           std::int32_t just_reserved = 0) {
    for (std::int32_t line = 1; line <= reservation.lines_size(); ++line) {
      if (reservation.answers(line - 1) != v1::LINE_STATUS_RESERVED && line != just_reserved)
        continue;
      auto& added = *to.Add();
      added.set_line(line);
      added.set_article_id(reservation.lines(line - 1).article_id());
      added.set_quantity(reservation.lines(line - 1).quantity());
    }
  }
};
static_assert(troupe::Aggregate<Reservation>);

}  // namespace inventory

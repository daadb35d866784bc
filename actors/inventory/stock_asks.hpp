// Stock listens to reservations: each line asks its article, in the order of the lines.
#pragma once

#include <string>

#include <troupe/reaction.hpp>
#include "actors/inventory/line_reference.hpp"
#include "actors/inventory/stock.hpp"
#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"

namespace inventory {

struct StockAsks : troupe::Reaction {
  static constexpr std::string_view name = "stock-asks";
  using Aggregate = Stock;
  using Events =
      troupe::MessageSet<v1::ReservationRequested, v1::ReservationFailed, v1::ReservationReleased,
                         v1::ReservationShipped, v1::LateLineReleased>;
  using Asks = troupe::Asks<Stock>;

  static Asks on(const troupe::Recorded<v1::ReservationRequested>& requested) {
    Asks asks;
    std::int32_t number = 0;
    for (const auto& line : requested.data.lines()) {
      auto reserve = referring<v1::ReserveStock>(requested.id, ++number);
      reserve.set_quantity(line.quantity());
      asks.ask(line.article_id(), std::move(reserve));
    }
    return asks;
  }
  static Asks on(const troupe::Recorded<v1::ReservationFailed>& failed) {
    Asks asks;
    for (const auto& line : failed.data.lines_to_release())
      asks.ask(line.article_id(), referring<v1::ReleaseStock>(failed.id, line.line()));
    return asks;
  }
  static Asks on(const troupe::Recorded<v1::ReservationReleased>& released) {
    Asks asks;
    for (const auto& line : released.data.lines_to_release())
      asks.ask(line.article_id(), referring<v1::ReleaseStock>(released.id, line.line()));
    for (const auto& line : released.data.lines_to_restock()) {
      auto restock = referring<v1::RestockStock>(released.id, line.line());
      restock.set_quantity(line.quantity());
      asks.ask(line.article_id(), std::move(restock));
    }
    return asks;
  }
  static Asks on(const troupe::Recorded<v1::ReservationShipped>& shipped) {
    Asks asks;
    for (const auto& line : shipped.data.lines())
      asks.ask(line.article_id(), referring<v1::ShipStock>(shipped.id, line.line()));
    return asks;
  }
  static Asks on(const troupe::Recorded<v1::LateLineReleased>& late) {
    return troupe::ask<Stock>(late.data.article_id(),
                              referring<v1::ReleaseStock>(late.id, late.data.line()));
  }

private:
  template <class Command>
  static Command referring(std::string_view reservation_id, std::int32_t line) {
    const LineReference reference{.reservation_id = std::string(reservation_id), .line = line};
    return troupe::make<Command>([&](auto& command) { command.set_reference(reference.str()); });
  }
};
static_assert(troupe::IsReaction<StockAsks>);

}  // namespace inventory

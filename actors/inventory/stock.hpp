// Stock of one article: never promises a piece it does not have, and never loses one.
#pragma once

#include <string>

#include <troupe/aggregate.hpp>
#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"
#include "inventory/v1/state.pb.h"

namespace inventory {

/// The references of open reservations are kept so that what ends one needs no quantity and comes
/// too late rather than twice. What has no end of its own (receiving, restocking) counts once per
/// command id.
struct Stock {
  static constexpr std::string_view name = "stock";
  using State = v1::StockState;
  using Commands = troupe::MessageSet<v1::ReceiveStock, v1::ReserveStock, v1::ReleaseStock,
                                      v1::ShipStock, v1::RestockStock>;
  using Events = troupe::MessageSet<v1::StockReceived, v1::StockReserved, v1::StockRefused,
                                    v1::StockReleased, v1::StockShipped, v1::StockRestocked>;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection bad_reference{"stock.bad_reference"};
  static constexpr troupe::Rejection bad_quantity{"stock.bad_quantity"};
  static constexpr troupe::Rejection not_shipped{"stock.not_shipped"};

  static constexpr std::size_t reference_bytes_max = 128;
  static constexpr std::int64_t received_max = 1'000'000'000'000'000;
  static_assert(received_max <= INT64_MAX - INT32_MAX);

  static Decision decide(const State& stock, const v1::ReceiveStock& receive) {
    if (receive.reference().size() > reference_bytes_max) return bad_reference;
    if (receive.quantity() <= 0 || stock.received() + receive.quantity() > received_max)
      return bad_quantity;
    return lot<v1::StockReceived>(receive.reference(), receive.quantity());
  }

  static Decision decide(const State& stock, const v1::ReserveStock& reserve) {
    if (!is_reference(reserve.reference())) return bad_reference;
    if (reserve.quantity() <= 0) return bad_quantity;
    if (stock.open().contains(reserve.reference())) return troupe::nothing;
    if (reserve.quantity() > stock.on_hand()) {
      auto refused = lot<v1::StockRefused>(reserve.reference(), reserve.quantity());
      refused.set_on_hand(stock.on_hand());
      return refused;
    }
    return lot<v1::StockReserved>(reserve.reference(), reserve.quantity());
  }

  static Decision decide(const State& stock, const v1::ReleaseStock& release) {
    const auto open = stock.open().find(release.reference());
    if (open == stock.open().end()) return troupe::nothing;
    return lot<v1::StockReleased>(open->first, open->second);
  }

  static Decision decide(const State& stock, const v1::ShipStock& ship) {
    const auto open = stock.open().find(ship.reference());
    if (open == stock.open().end()) return troupe::nothing;
    return lot<v1::StockShipped>(open->first, open->second);
  }

  static Decision decide(const State& stock, const v1::RestockStock& restock) {
    if (!is_reference(restock.reference())) return bad_reference;
    if (restock.quantity() <= 0) return bad_quantity;
    if (restock.quantity() > stock.shipped()) return not_shipped;
    return lot<v1::StockRestocked>(restock.reference(), restock.quantity());
  }

  static void evolve(State& stock, const v1::StockReceived& e) {
    stock.set_received(stock.received() + e.quantity());
    stock.set_on_hand(stock.on_hand() + e.quantity());
  }
  static void evolve(State& stock, const v1::StockReserved& e) {
    stock.set_on_hand(stock.on_hand() - e.quantity());
    stock.set_reserved(stock.reserved() + e.quantity());
    (*stock.mutable_open())[e.reference()] = e.quantity();
  }
  static void evolve(State&, const v1::StockRefused&) {}
  static void evolve(State& stock, const v1::StockReleased& e) {
    close(stock, e.reference(), e.quantity());
    stock.set_on_hand(stock.on_hand() + e.quantity());
  }
  static void evolve(State& stock, const v1::StockShipped& e) {
    close(stock, e.reference(), e.quantity());
    stock.set_shipped(stock.shipped() + e.quantity());
  }
  static void evolve(State& stock, const v1::StockRestocked& e) {
    stock.set_shipped(stock.shipped() - e.quantity());
    stock.set_on_hand(stock.on_hand() + e.quantity());
  }

private:
  static bool is_reference(const std::string& reference) {
    return !reference.empty() && reference.size() <= reference_bytes_max;
  }
  static void close(State& stock, const std::string& reference, std::int32_t quantity) {
    stock.set_reserved(stock.reserved() - quantity);
    stock.mutable_open()->erase(reference);
  }
  template <class E>
  static E lot(const std::string& reference, std::int32_t quantity) {
    return troupe::make<E>([&](auto& e) {
      e.set_reference(reference);
      e.set_quantity(quantity);
    });
  }
};
static_assert(troupe::Aggregate<Stock>);

}  // namespace inventory

// An item: opened, given a place of its owner's, allowed by the outside, and ended.
#pragma once

#include <string>

#include <troupe/aggregate.hpp>
#include "subscriptions/v1/commands.pb.h"
#include "subscriptions/v1/events.pb.h"
#include "subscriptions/v1/state.pb.h"

namespace subscriptions {

struct Item {
  static constexpr std::string_view name = "item";
  using State = v1::ItemState;
  using Commands = troupe::MessageSet<v1::OpenItem, v1::ReserveItem, v1::ActivateItem,
                                      v1::GiveUpItem, v1::EndItem>;
  using Events =
      troupe::MessageSet<v1::ItemOpened, v1::ItemReserved, v1::ItemActivated, v1::ItemEnded>;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection already_opened{"item.already_opened"};
  static constexpr troupe::Rejection bad_owner{"item.bad_owner"};
  static constexpr troupe::Rejection unknown{"item.unknown"};

  static Decision decide(const State& item, const v1::OpenItem& open) {
    if (item.status() != v1::ITEM_STATUS_UNKNOWN) return already_opened;
    if (!troupe::is_token(open.owner())) return bad_owner;
    return troupe::make<v1::ItemOpened>([&](auto& e) { e.set_owner(open.owner()); });
  }
  static Decision decide(const State& item, const v1::ReserveItem&) {
    if (item.status() != v1::ITEM_STATUS_OPENED) return troupe::nothing;
    return troupe::make<v1::ItemReserved>([&](auto& e) { e.set_owner(item.owner()); });
  }
  static Decision decide(const State& item, const v1::ActivateItem&) {
    if (item.status() != v1::ITEM_STATUS_RESERVED) return troupe::nothing;
    return v1::ItemActivated{};
  }
  static Decision decide(const State& item, const v1::GiveUpItem& give_up) {
    const bool waits =
        item.status() == v1::ITEM_STATUS_OPENED || item.status() == v1::ITEM_STATUS_RESERVED;
    if (!waits) return troupe::nothing;
    return ended(item, give_up.reason());
  }
  static Decision decide(const State& item, const v1::EndItem& end) {
    if (item.status() == v1::ITEM_STATUS_UNKNOWN) return unknown;
    if (item.status() == v1::ITEM_STATUS_ENDED) return troupe::nothing;
    return ended(item, end.reason());
  }

  static void evolve(State& item, const v1::ItemOpened& e) {
    item.set_status(v1::ITEM_STATUS_OPENED);
    item.set_owner(e.owner());
  }
  static void evolve(State& item, const v1::ItemReserved&) {
    item.set_status(v1::ITEM_STATUS_RESERVED);
  }
  static void evolve(State& item, const v1::ItemActivated&) {
    item.set_status(v1::ITEM_STATUS_ACTIVE);
  }
  static void evolve(State& item, const v1::ItemEnded&) { item.set_status(v1::ITEM_STATUS_ENDED); }

private:
  static v1::ItemEnded ended(const State& item, const std::string& reason) {
    return troupe::make<v1::ItemEnded>([&](auto& e) {
      e.set_owner(item.owner());
      e.set_reason(reason);
    });
  }
};
static_assert(troupe::Aggregate<Item>);

}  // namespace subscriptions

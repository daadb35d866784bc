// How items get places of their owners, and give them back: the compensation when an item ends.
#pragma once

#include <string>

#include <troupe/reaction.hpp>
#include "contexts/subscriptions/item.hpp"
#include "contexts/subscriptions/owner.hpp"

namespace subscriptions {

/// What an item's events mean for its owner.
struct PlacesOfItems : troupe::Reaction {
  static constexpr std::string_view name = "places-of-items";
  using Aggregate = Owner;
  using Events = troupe::MessageSet<v1::ItemOpened, v1::ItemEnded>;

  static troupe::Asks<Owner> on(const troupe::Recorded<v1::ItemOpened>& opened) {
    return ask<v1::TakePlace>(opened.data.owner(), opened.id);
  }
  static troupe::Asks<Owner> on(const troupe::Recorded<v1::ItemEnded>& ended) {
    return ask<v1::GiveBackPlace>(ended.data.owner(), ended.id);
  }

private:
  template <class C>
  static troupe::Asks<Owner> ask(const std::string& owner, std::string_view item) {
    return troupe::ask<Owner>(
        owner, troupe::make<C>([&](auto& command) { command.set_item(std::string(item)); }));
  }
};
static_assert(troupe::IsReaction<PlacesOfItems>);

/// What an owner's answer means for the item.
struct ItemsOfPlaces : troupe::Reaction {
  static constexpr std::string_view name = "items-of-places";
  using Aggregate = Item;
  using Events = troupe::MessageSet<v1::PlaceTaken, v1::PlaceRefused>;

  static troupe::Asks<Item> on(const troupe::Recorded<v1::PlaceTaken>& taken) {
    return troupe::ask<Item>(taken.data.item(), v1::ReserveItem{});
  }
  static troupe::Asks<Item> on(const troupe::Recorded<v1::PlaceRefused>& refused) {
    return troupe::ask<Item>(refused.data.item(), troupe::make<v1::GiveUpItem>([](auto& command) {
                               command.set_reason("its owner has no place for it");
                             }));
  }
};
static_assert(troupe::IsReaction<ItemsOfPlaces>);

}  // namespace subscriptions

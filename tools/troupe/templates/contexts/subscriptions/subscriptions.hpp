// The context: what it is made of, and what clients may send.
#pragma once

#include <troupe/context.hpp>
#include "contexts/subscriptions/approval.hpp"
#include "contexts/subscriptions/deadline.hpp"
#include "contexts/subscriptions/item.hpp"
#include "contexts/subscriptions/items.hpp"
#include "contexts/subscriptions/owner.hpp"
#include "contexts/subscriptions/places.hpp"

namespace subscriptions {

struct Subscriptions {
  static constexpr std::string_view name = "subscriptions";
  using Parts =
      troupe::Parts<Item, Owner, PlacesOfItems, ItemsOfPlaces, Deadline, Approval, Items, GetItem>;
  using Public = troupe::Public<v1::OpenItem, v1::EndItem>;
};

}  // namespace subscriptions

// An owner: has places for a few items at a time.
#pragma once

#include <algorithm>
#include <string>

#include <troupe/aggregate.hpp>
#include "subscriptions/v1/commands.pb.h"
#include "subscriptions/v1/events.pb.h"
#include "subscriptions/v1/state.pb.h"

namespace subscriptions {

struct Owner {
  static constexpr std::string_view name = "owner";
  using State = v1::OwnerState;
  using Commands = troupe::MessageSet<v1::TakePlace, v1::GiveBackPlace>;
  using Events = troupe::MessageSet<v1::PlaceTaken, v1::PlaceRefused, v1::PlaceGivenBack>;
  using Decision = troupe::Decision<Events>;

  static constexpr int places = 2;

  /// A full owner refuses by an event, because the item has to hear of it.
  static Decision decide(const State& owner, const v1::TakePlace& take) {
    if (has(owner, take.item())) return troupe::nothing;
    if (owner.items_size() >= places) return of_item<v1::PlaceRefused>(take.item());
    return of_item<v1::PlaceTaken>(take.item());
  }
  static Decision decide(const State& owner, const v1::GiveBackPlace& give_back) {
    if (!has(owner, give_back.item())) return troupe::nothing;
    return of_item<v1::PlaceGivenBack>(give_back.item());
  }

  static void evolve(State& owner, const v1::PlaceTaken& e) { owner.add_items(e.item()); }
  static void evolve(State&, const v1::PlaceRefused&) {}
  static void evolve(State& owner, const v1::PlaceGivenBack& e) {
    auto& items = *owner.mutable_items();
    items.erase(std::remove(items.begin(), items.end(), e.item()), items.end());
  }

private:
  static bool has(const State& owner, const std::string& item) {
    return std::ranges::find(owner.items(), item) != owner.items().end();
  }
  template <class E>
  static E of_item(const std::string& item) {
    return troupe::make<E>([&](auto& e) { e.set_item(item); });
  }
};
static_assert(troupe::Aggregate<Owner>);

}  // namespace subscriptions

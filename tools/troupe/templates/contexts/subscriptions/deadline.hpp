// An item that is not active in time is given up.
#pragma once

#include <chrono>

#include <troupe/timer.hpp>
#include "contexts/subscriptions/item.hpp"

namespace subscriptions {

struct Deadline : troupe::Timer {
  static constexpr std::string_view name = "deadline";
  using Aggregate = Item;
  using Events = troupe::MessageSet<v1::ItemOpened, v1::ItemActivated, v1::ItemEnded>;
  using Change = troupe::TimerChange<Item>;

  static constexpr std::chrono::minutes patience{10};

  static Change on(const troupe::Recorded<v1::ItemOpened>& opened) {
    return Change::arm(opened.time + patience, troupe::make<v1::GiveUpItem>([](auto& command) {
                         command.set_reason("it was not active in time");
                       }));
  }
  static Change on(const troupe::Recorded<v1::ItemActivated>&) { return troupe::disarm; }
  static Change on(const troupe::Recorded<v1::ItemEnded>&) { return troupe::disarm; }
};
static_assert(troupe::IsTimer<Deadline>);

}  // namespace subscriptions

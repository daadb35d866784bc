// The outside is asked whether an item may be active. Who that is, main.cpp says.
#pragma once

#include <chrono>
#include <string>

#include <troupe/effect.hpp>
#include "contexts/subscriptions/item.hpp"
#include "subscriptions/v1/approval.pb.h"

namespace subscriptions {

struct Approval : troupe::Effect {
  static constexpr std::string_view name = "approval";
  using Aggregate = Item;
  using Event = v1::ItemReserved;
  using Request = v1::ApprovalRequest;
  using Answer = v1::ApprovalAnswer;

  static constexpr troupe::Retry retry{.longest_pause = std::chrono::seconds(30),
                                       .age = std::chrono::minutes(5)};

  static Request request(const troupe::Recorded<Event>& reserved) {
    return troupe::make<Request>([&](auto& request) {
      request.set_item(std::string(reserved.id));
      request.set_owner(reserved.data.owner());
    });
  }
  static troupe::Asks<Item> answered(const troupe::Recorded<Event>& reserved,
                                     const Answer& answer) {
    if (!answer.granted()) return give_up(reserved.id, answer.reason());
    return troupe::ask<Item>(reserved.id, v1::ActivateItem{});
  }
  static troupe::Asks<Item> failed(const troupe::Recorded<Event>& reserved,
                                   const troupe::FailedAttempt& attempt) {
    if (!attempt.last) return {};
    return give_up(reserved.id, "nobody approves: " + std::string(attempt.cause));
  }

private:
  static troupe::Asks<Item> give_up(std::string_view item, const std::string& reason) {
    return troupe::ask<Item>(
        item, troupe::make<v1::GiveUpItem>([&](auto& command) { command.set_reason(reason); }));
  }
};
static_assert(troupe::IsEffect<Approval>);

}  // namespace subscriptions

// All of it together, in virtual time: whatever order things happen in, no place is lost.
#include <memory>
#include <string>

#include <troupe/testing/flow.hpp>

#include "contexts/subscriptions/subscriptions.hpp"

namespace {

using namespace subscriptions;
using troupe::testing::Flow;
using troupe::testing::FlowInstance;
using troupe::testing::OutsideCall;
using troupe::testing::pb;

/// Does not answer at first; then it approves.
troupe::SharedMessage approves(const OutsideCall& call) {
  if (call.attempt < 3) return nullptr;
  return std::make_shared<v1::ApprovalAnswer>(pb<v1::ApprovalAnswer>("granted: true"));
}

troupe::SharedMessage is_silent(const OutsideCall&) { return nullptr; }

void plan_items(Flow& flow, int count) {
  for (int i = 1; i <= count; ++i)
    flow.plan([&flow, i] {
      const auto id = std::to_string(i);
      CHECK_FALSE(flow.send("subscriptions", "item", "i-" + id, pb<v1::OpenItem>("owner: 'o-1'"),
                            "open-" + id));
    });
}

int items_of_status(Flow& flow, v1::ItemStatus status) {
  int count = 0;
  flow.each("subscriptions", "item", [&](const FlowInstance& item) {
    count += static_cast<const v1::ItemState&>(*item.state).status() == status;
  });
  return count;
}

int places_taken(Flow& flow) { return flow.state<Owner>("subscriptions", "o-1").items_size(); }

TEST_CASE("as many items are active as their owner has places", "[flow]") {
  const auto seed = GENERATE(range(1U, 101U));
  CAPTURE(seed);
  Flow flow({troupe::model_of<Subscriptions>()}, seed, approves);
  plan_items(flow, 5);
  flow.run();
  CHECK(places_taken(flow) == Owner::places);
  CHECK(items_of_status(flow, v1::ITEM_STATUS_ACTIVE) == Owner::places);
  CHECK(items_of_status(flow, v1::ITEM_STATUS_ENDED) == 5 - Owner::places);
}

TEST_CASE("an item that ends gives its place back", "[flow]") {
  const auto seed = GENERATE(range(1U, 101U));
  CAPTURE(seed);
  Flow flow({troupe::model_of<Subscriptions>()}, seed, approves);
  plan_items(flow, 2);
  flow.run();
  CHECK_FALSE(
      flow.send("subscriptions", "item", "i-1", pb<v1::EndItem>("reason: 'enough'"), "end"));
  flow.run();
  CHECK(places_taken(flow) == 1);
  CHECK(items_of_status(flow, v1::ITEM_STATUS_ACTIVE) == 1);
}

TEST_CASE("without approval items end in time, and all places come back", "[flow]") {
  const auto seed = GENERATE(range(1U, 101U));
  CAPTURE(seed);
  Flow flow({troupe::model_of<Subscriptions>()}, seed, is_silent);
  plan_items(flow, 5);
  flow.run();
  CHECK(items_of_status(flow, v1::ITEM_STATUS_ENDED) == 5);
  CHECK(places_taken(flow) == 0);
}

}  // namespace

#include "contexts/subscriptions/item.hpp"

#include <troupe/testing/given.hpp>

namespace {

using namespace subscriptions;
using troupe::testing::given;
using troupe::testing::pb;

const auto opened = pb<v1::ItemOpened>("owner: 'o-1'");
const auto reserved = pb<v1::ItemReserved>("owner: 'o-1'");
const v1::ItemActivated activated;
const auto ended = pb<v1::ItemEnded>("owner: 'o-1' reason: 'enough'");

TEST_CASE("an item is opened once", "[item]") {
  given<Item>().when(pb<v1::OpenItem>("owner: 'o-1'")).then(opened);
  given<Item>(opened).when(pb<v1::OpenItem>("owner: 'o-1'")).then_rejected(Item::already_opened);
}

TEST_CASE("an item's owner has a name that can be asked", "[item]") {
  given<Item>().when(pb<v1::OpenItem>()).then_rejected(Item::bad_owner);
  given<Item>().when(pb<v1::OpenItem>("owner: 'a b'")).then_rejected(Item::bad_owner);
}

TEST_CASE("an item with a place is activated", "[item]") {
  given<Item>(opened).when(v1::ReserveItem{}).then(reserved).and_a_retry_changes_nothing();
  given<Item>(opened, reserved)
      .when(v1::ActivateItem{})
      .then(activated)
      .and_a_retry_changes_nothing();
  given<Item>(opened).when(v1::ActivateItem{}).then_nothing();
}

TEST_CASE("what comes late changes nothing", "[item]") {
  given<Item>(opened, ended).when(v1::ReserveItem{}).then_nothing();
  given<Item>(opened, reserved, ended).when(v1::ActivateItem{}).then_nothing();
}

TEST_CASE("an item is given up while it waits, and not when it is active", "[item]") {
  const auto give_up = pb<v1::GiveUpItem>("reason: 'enough'");
  given<Item>(opened).when(give_up).then(ended).and_a_retry_changes_nothing();
  given<Item>(opened, reserved).when(give_up).then(ended);
  given<Item>(opened, reserved, activated).when(give_up).then_nothing();
}

TEST_CASE("an item is ended at any time", "[item]") {
  const auto end = pb<v1::EndItem>("reason: 'enough'");
  given<Item>().when(end).then_rejected(Item::unknown);
  given<Item>(opened, reserved, activated).when(end).then(ended).and_a_retry_changes_nothing();
}

}  // namespace

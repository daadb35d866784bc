// What reacts, times, calls and shows.
#include <troupe/testing/given.hpp>

#include "contexts/subscriptions/subscriptions.hpp"

namespace {

using namespace subscriptions;
using troupe::testing::asked;
using troupe::testing::given;
using troupe::testing::noon;
using troupe::testing::pb;
using troupe::testing::row;

const auto opened = pb<v1::ItemOpened>("owner: 'o-1'");
const auto reserved = pb<v1::ItemReserved>("owner: 'o-1'");
const auto ended = pb<v1::ItemEnded>("owner: 'o-1' reason: 'enough'");

TEST_CASE("an item asks its owner for a place and gives it back", "[places]") {
  given<PlacesOfItems>()
      .when("i-1", opened)
      .then_asks(asked("o-1", pb<v1::TakePlace>("item: 'i-1'")));
  given<PlacesOfItems>()
      .when("i-1", ended)
      .then_asks(asked("o-1", pb<v1::GiveBackPlace>("item: 'i-1'")));
}

TEST_CASE("an item goes on with a place and is given up without one", "[places]") {
  given<ItemsOfPlaces>()
      .when("o-1", pb<v1::PlaceTaken>("item: 'i-1'"))
      .then_asks(asked("i-1", v1::ReserveItem{}));
  given<ItemsOfPlaces>()
      .when("o-1", pb<v1::PlaceRefused>("item: 'i-1'"))
      .then_asks(asked("i-1", pb<v1::GiveUpItem>("reason: 'its owner has no place for it'")));
}

TEST_CASE("an item waits until its deadline", "[deadline]") {
  given<Deadline>()
      .when("i-1", opened)
      .then_arms(noon + Deadline::patience,
                 pb<v1::GiveUpItem>("reason: 'it was not active in time'"));
  given<Deadline>().when("i-1", v1::ItemActivated{}).then_disarms();
  given<Deadline>().when("i-1", ended).then_disarms();
}

TEST_CASE("the outside decides whether an item is activated", "[approval]") {
  const auto call = given<Approval>().when("i-1", reserved);
  call.then_requests(pb<v1::ApprovalRequest>("item: 'i-1' owner: 'o-1'"));
  call.answered(pb<v1::ApprovalAnswer>("granted: true"))
      .then_asks(asked("i-1", v1::ActivateItem{}));
  call.answered(pb<v1::ApprovalAnswer>("reason: 'no'"))
      .then_asks(asked("i-1", pb<v1::GiveUpItem>("reason: 'no'")));
}

TEST_CASE("an item is given up when the outside stays silent", "[approval]") {
  const auto call = given<Approval>().when("i-1", reserved);
  call.failed({.number = 1, .last = false, .cause = "no answer"}).then_nothing();
  call.failed({.number = 2, .last = true, .cause = "no answer"})
      .then_asks(asked("i-1", pb<v1::GiveUpItem>("reason: 'nobody approves: no answer'")));
}

TEST_CASE("a row shows what became of an item", "[items]") {
  given<Items>()
      .when("i-1", opened)
      .when("i-1", reserved)
      .when("i-1", ended)
      .then_row("i-1", pb<v1::ItemRow>("owner: 'o-1' status: ITEM_STATUS_ENDED reason: 'enough' "
                                       "opened_at { seconds: 43200 }"));
}

TEST_CASE("an item is shown, and one that is not there is missed", "[items]") {
  const auto active = pb<v1::ItemRow>("owner: 'o-1' status: ITEM_STATUS_ACTIVE");
  const auto items = given<GetItem>(row<Items>("i-1", active));
  items.when(pb<v1::GetItem>("item: 'i-1'")).then(active);
  items.when(pb<v1::GetItem>("item: 'i-2'")).then_missed("item.unknown");
}

}  // namespace

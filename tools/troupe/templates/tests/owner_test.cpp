#include "contexts/subscriptions/owner.hpp"

#include <troupe/testing/given.hpp>

namespace {

using namespace subscriptions;
using troupe::testing::given;
using troupe::testing::pb;

const auto first = pb<v1::PlaceTaken>("item: 'i-1'");
const auto second = pb<v1::PlaceTaken>("item: 'i-2'");
const auto given_back = pb<v1::PlaceGivenBack>("item: 'i-1'");

TEST_CASE("an item takes a place", "[owner]") {
  given<Owner>().when(pb<v1::TakePlace>("item: 'i-1'")).then(first).and_a_retry_changes_nothing();
}

TEST_CASE("a full owner refuses", "[owner]") {
  given<Owner>(first, second)
      .when(pb<v1::TakePlace>("item: 'i-3'"))
      .then(pb<v1::PlaceRefused>("item: 'i-3'"));
}

TEST_CASE("a place that is given back is free", "[owner]") {
  given<Owner>(first, second)
      .when(pb<v1::GiveBackPlace>("item: 'i-1'"))
      .then(given_back)
      .and_a_retry_changes_nothing();
  given<Owner>(first, second, given_back)
      .when(pb<v1::TakePlace>("item: 'i-3'"))
      .then(pb<v1::PlaceTaken>("item: 'i-3'"));
}

}  // namespace

// Fault points: what the environment may ask for, and when it is due.
#include "runtime/base/fault_point.hpp"

#include <vector>

#include <catch2/catch_all.hpp>

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::FaultAction;
using troupe::FaultPlan;
using troupe::FaultPoint;

FaultPlan::Due due(const FaultPlan& plan, FaultPoint point) {
  return plan.due[static_cast<std::size_t>(point)];
}

TEST_CASE("a fault plan names places, passages and actions", "[fault_point]") {
  const auto plan = FaultPlan::parse("append.sent@17:kill,view.written@5:stop");
  REQUIRE(plan);
  CHECK(due(*plan, FaultPoint::append_sent).passage == 17);
  CHECK(due(*plan, FaultPoint::append_sent).action == FaultAction::kill);
  CHECK(due(*plan, FaultPoint::view_written).passage == 5);
  CHECK(due(*plan, FaultPoint::view_written).action == FaultAction::stop);
  CHECK(due(*plan, FaultPoint::append_acked).action == FaultAction::none);
}

TEST_CASE("a fault plan that makes no sense is refused with its entry", "[fault_point]") {
  const auto* text =
      GENERATE("", "append.sent", "append.sent@3", "append.sent:kill", "append.sent@0:kill",
               "append.sent@x:kill", "append.sent@3x:kill", "append.sent@3:burn", "nowhere@3:kill",
               "append.sent@3:kill,", "append.sent@3:kill,append.sent@4:stop",
               "append.sent@99999999999999999999:kill", "append:kill@3");
  INFO(text);
  const auto plan = FaultPlan::parse(text);
  REQUIRE_FALSE(plan);
  CHECK_FALSE(plan.error().retryable);
  CHECK_THAT(plan.error().what, ContainsSubstring("append.sent@17:kill"));
}

TEST_CASE("a fault is due at its passage and never again", "[fault_point]") {
  arm_fault_points(*FaultPlan::parse("append.acked@3:stop"));
  std::vector<FaultAction> seen;
  for (int passage = 1; passage <= 5; ++passage)
    seen.push_back(troupe::detail::passed(FaultPoint::append_acked));
  troupe::detail::fault_points_armed = false;
  using enum FaultAction;
  CHECK(seen == std::vector{none, none, stop, none, none});
}

}  // namespace

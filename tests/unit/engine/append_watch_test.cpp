// Appends that nobody acknowledges are a condition until one is acknowledged.
#include "runtime/engine/health/append_watch.hpp"

#include <catch2/catch_all.hpp>

#include "runtime/memory/manual_clock.hpp"

namespace troupe::engine {

using namespace std::chrono_literals;

TEST_CASE("appends that fail are a condition until one is acknowledged", "[conditions][appends]") {
  memory::ManualClock clock;
  Conditions conditions(clock);
  AppendWatch watch(clock, conditions, "example");
  const auto began = clock.now();
  watch.look();
  watch.in_doubt("no answer");
  watch.look();
  CHECK(conditions.all().empty());  // a new leader takes some time
  SECTION("at once when the log refuses them") { watch.refused("maximum bytes exceeded"); }
  SECTION("after a while when they are in doubt") {
    clock.advance(10s);
    watch.in_doubt("maximum bytes exceeded");
    watch.look();
  }
  REQUIRE(conditions.all().size() == 1);
  const auto condition = conditions.all().at(0);
  CHECK(condition.code == "log_refuses_appends");
  CHECK(condition.sentence == "The log of example takes no appends: maximum bytes exceeded");
  CHECK(condition.since == began);
  CHECK(condition.severity == Severity::remark);
  watch.acknowledged();
  CHECK(conditions.all().empty());
  watch.look();
  CHECK(conditions.all().empty());
}

}  // namespace troupe::engine

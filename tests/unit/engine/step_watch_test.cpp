// What is tried again and again is a condition until it is done.
#include "runtime/engine/health/step_watch.hpp"

#include <catch2/catch_all.hpp>

#include "runtime/memory/manual_clock.hpp"

namespace troupe::engine {

using namespace std::chrono_literals;

TEST_CASE("what is tried again and again is a condition until it is done", "[conditions][steps]") {
  memory::ManualClock clock;
  Conditions conditions(clock);
  Counters counters;
  StepWatch watch(clock, conditions, counters, "example");
  const int first = 1;
  const int second = 2;
  const auto began = clock.now();
  watch.fails(&first, "the log is away");
  clock.advance(9s);
  watch.fails(&second, "it is refused");
  watch.look();
  CHECK(conditions.all().empty());
  clock.advance(1s);
  watch.fails(&first, "the log is still away");
  watch.look();
  REQUIRE(conditions.all().size() == 1);
  CHECK(conditions.all().at(0).sentence
        == "2 steps that example has to take are tried again and again, the longest: the log is "
           "still away");
  CHECK(conditions.all().at(0).since == began);
  watch.ends(&first);
  watch.look();
  CHECK(conditions.all().empty());  // the other has not failed for so long
  clock.advance(10s);
  watch.look();
  CHECK(conditions.all().size() == 1);
  watch.ends(&second);
  watch.look();
  CHECK(conditions.all().empty());
  CHECK(counters.retries == 3);
}

}  // namespace troupe::engine

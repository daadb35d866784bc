// Timers of the memory broker by a clock that the test moves.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/memory/manual_clock.hpp"
#include "runtime/memory/memory_leases.hpp"
#include "runtime/memory/memory_subscriptions.hpp"
#include "runtime/memory/memory_timers.hpp"
#include "tests/unit/memory/answers.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

struct World {
  memory::ManualClock clock;
  memory::Broker broker;
  memory::MemoryTimers timers{broker, clock};
  memory::MemorySubscriptions subscriptions{broker};

  Result<void> arm(std::string_view name, std::chrono::milliseconds in, std::string record) {
    return answer_to<Result<void>>([&](auto done) {
      timers.arm(order(), token(name), clock.now() + in, std::move(record), std::move(done));
    });
  }
  Result<void> disarm(std::string_view name) {
    return answer_to<Result<void>>(
        [&](auto done) { timers.disarm(order(), token(name), std::move(done)); });
  }
  void advance(std::chrono::milliseconds by) {
    clock.advance(by);
    broker.settle();
  }
};

std::vector<std::string> records(const std::vector<Delivery>& deliveries) {
  std::vector<std::string> texts;
  for (const auto& delivery : deliveries) texts.push_back(delivery.bytes);
  return texts;
}

}  // namespace

TEST_CASE("a timer fires when the clock reaches it, and not before", "[memory]") {
  World world;
  Recorder recorder;
  const auto subscription = world.subscriptions.timers(token("ordering"), 10, recorder);
  REQUIRE(world.arm("deadline", 1s, "late"));
  REQUIRE(world.arm("reminder", 500ms, "early"));
  world.advance(499ms);
  CHECK(recorder.take(0).empty());
  world.advance(10s);
  const auto fired = recorder.take(2);
  CHECK(records(fired) == std::vector<std::string>{"early", "late"});
  CHECK(fired[0].subject == Subject::timer_fired(order(), token("reminder")));
}

TEST_CASE("a timer that is armed again fires once, at the later time", "[memory]") {
  World world;
  Recorder recorder;
  const auto subscription = world.subscriptions.timers(token("ordering"), 10, recorder);
  REQUIRE(world.arm("deadline", 1s, "first"));
  REQUIRE(world.arm("deadline", 2s, "second"));
  world.advance(1s);
  CHECK(recorder.take(0).empty());
  world.advance(1s);
  CHECK(records(recorder.take(1)) == std::vector<std::string>{"second"});
}

TEST_CASE("a disarmed timer does not fire, and disarming what is not armed succeeds", "[memory]") {
  World world;
  Recorder recorder;
  const auto subscription = world.subscriptions.timers(token("ordering"), 10, recorder);
  REQUIRE(world.arm("deadline", 1s, "never"));
  REQUIRE(world.disarm("deadline"));
  REQUIRE(world.disarm("deadline"));
  world.advance(10s);
  CHECK(recorder.take(0).empty());
}

TEST_CASE("an acknowledged timer is gone, another comes again", "[memory]") {
  World world;
  Recorder recorder;
  const auto subscription = world.subscriptions.timers(token("ordering"), 10, recorder);
  REQUIRE(world.arm("a", 0ms, "a"));
  REQUIRE(world.arm("b", 0ms, "b"));
  world.broker.settle();
  recorder.take(2)[1].acknowledge();
  world.broker.reactivate();
  CHECK(records(recorder.take(1)) == std::vector<std::string>{"a"});
}

TEST_CASE("timers outlive the node that armed them", "[memory]") {
  memory::ManualClock clock;
  memory::Broker broker;
  memory::MemorySubscriptions subscriptions(broker);
  Recorder recorder;
  const auto subscription = subscriptions.timers(token("ordering"), 10, recorder);
  {
    memory::MemoryTimers before(broker, clock);
    before.arm(order(), token("deadline"), clock.now() + 1s, "kept", [](auto) {});
    broker.settle();
  }
  clock.advance(2s);
  const memory::MemoryTimers after(broker, clock);
  CHECK(records(recorder.take(1)) == std::vector<std::string>{"kept"});
}

TEST_CASE("by the machine's clock, many timers fire in order of their times", "[memory]") {
  const SystemClock clock;
  memory::Broker broker;
  memory::MemoryTimers timers(broker, clock);
  memory::MemorySubscriptions subscriptions(broker);
  Recorder recorder;
  const auto subscription = subscriptions.timers(token("ordering"), 1'000, recorder);
  constexpr int count = 100;
  std::vector<std::string> wanted;
  const auto start = clock.now() + 50ms;
  for (int i = count - 1; i >= 0; --i)
    timers.arm(order(), token("t" + std::to_string(i)), start + i * 1ms, std::to_string(i),
               [](auto) {});
  for (int i = 0; i < count; ++i) wanted.push_back(std::to_string(i));
  CHECK(records(recorder.take(count)) == wanted);
}

TEST_CASE("a lease by a manual clock ends when the clock says so", "[memory]") {
  memory::ManualClock clock;
  const auto table = std::make_shared<memory::LeaseTable>();
  memory::MemoryLeases mine(clock, table);
  memory::MemoryLeases theirs(clock, table);
  using Slots = std::vector<std::uint32_t>;
  REQUIRE(mine.hold(token("ordering"), {1}, {}, 5s).value() == Slots{1});
  clock.advance(4'999ms);
  CHECK(theirs.hold(token("ordering"), {1}, {}, 5s).value().empty());
  clock.advance(1ms);
  CHECK(theirs.hold(token("ordering"), {1}, {}, 5s).value() == Slots{1});
  table->set_available(false);
  CHECK_FALSE(theirs.hold(token("ordering"), {1}, {}, 5s));
}

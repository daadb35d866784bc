// What goes wrong with appends to the memory log, as a test asked for it.
#include <future>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/memory/memory_event_log.hpp"
#include "runtime/memory/memory_event_streams.hpp"
#include "tests/unit/memory/answers.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using memory::AppendFault;
using Outcome = AppendResult::Outcome;
using Commits = std::vector<std::string>;

namespace {

struct World {
  memory::Broker broker;
  memory::MemoryEventLog log{broker};
  const Subject subject = Subject::events(order());
};

}  // namespace

TEST_CASE("a lost append is unknown and not stored", "[memory]") {
  World world;
  world.broker.fail_next_append(AppendFault::lost);
  CHECK(append(world.log, world.subject, 0, {"a"}).get().outcome == Outcome::unknown);
  CHECK(stored(world.log, world.subject).empty());
  CHECK(append(world.log, world.subject, 0, {"b"}).get().outcome == Outcome::acknowledged);
}

TEST_CASE("an append whose answer is lost is unknown and stored", "[memory]") {
  World world;
  world.broker.fail_next_append(AppendFault::answer_lost);
  CHECK(append(world.log, world.subject, 0, {"a", "b"}).get().outcome == Outcome::unknown);
  CHECK(stored(world.log, world.subject) == Commits{"a", "b"});
  const auto again = append(world.log, world.subject, 0, {"a", "b"}).get();
  CHECK(again.outcome == Outcome::conflict);
  CHECK(again.sequence == 2);
}

TEST_CASE("an append behind another one in flight is a conflict without a sequence", "[memory]") {
  World world;
  REQUIRE(append(world.log, world.subject, 0, {"a"}).get().sequence == 1);
  world.broker.fail_next_append(AppendFault::in_flight);
  const auto conflict = append(world.log, world.subject, 1, {"b"}).get();
  CHECK(conflict.outcome == Outcome::conflict);
  CHECK(conflict.sequence == 0);
  CHECK(stored(world.log, world.subject) == Commits{"a"});
}

TEST_CASE("a late append is unknown first and stored later, if it still fits", "[memory]") {
  World world;
  world.broker.fail_next_append(AppendFault::late);
  CHECK(append(world.log, world.subject, 0, {"late"}).get().outcome == Outcome::unknown);
  CHECK(stored(world.log, world.subject).empty());

  SECTION("nothing came between") {
    world.broker.release_appends();
    CHECK(stored(world.log, world.subject) == Commits{"late"});
  }
  SECTION("another append came between") {
    REQUIRE(append(world.log, world.subject, 0, {"first"}).get().sequence == 1);
    world.broker.release_appends();
    CHECK(stored(world.log, world.subject) == Commits{"first"});
  }
}

TEST_CASE("a held append is stored and answered when released", "[memory]") {
  World world;
  world.broker.fail_next_append(AppendFault::held);
  auto held = append(world.log, world.subject, 0, {"held"});
  CHECK(stored(world.log, world.subject).empty());
  CHECK(held.wait_for(0ms) == std::future_status::timeout);
  world.broker.release_appends();
  CHECK(held.get().outcome == Outcome::acknowledged);
  CHECK(stored(world.log, world.subject) == Commits{"held"});
}

TEST_CASE("a held append is unknown when the broker ends", "[memory]") {
  std::future<AppendResult> held;
  {
    World world;
    world.broker.fail_next_append(AppendFault::held);
    held = append(world.log, world.subject, 0, {"held"});
  }
  CHECK(held.get().outcome == Outcome::unknown);
}

TEST_CASE("faults are used up in order and may be meant for one subject", "[memory]") {
  World world;
  const auto other = Subject::events(order("o-2"));
  world.broker.fail_next_append(AppendFault::lost, other);
  world.broker.fail_next_append(AppendFault::in_flight);
  CHECK(append(world.log, world.subject, 0, {"a"}).get().outcome == Outcome::conflict);
  CHECK(append(world.log, world.subject, 0, {"a"}).get().outcome == Outcome::acknowledged);
  CHECK(append(world.log, other, 0, {"a"}).get().outcome == Outcome::unknown);
  CHECK(append(world.log, other, 0, {"a"}).get().outcome == Outcome::acknowledged);
}

TEST_CASE("an unavailable broker stores nothing and fails reads as retryable", "[memory]") {
  World world;
  memory::MemoryEventStreams streams(world.broker);
  world.broker.set_available(false);
  CHECK(append(world.log, world.subject, 0, {"a"}).get().outcome == Outcome::unknown);
  const auto loaded = load(world.log, world.subject);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().retryable);
  CHECK_FALSE(streams.last_sequence(token("ordering")));
  CHECK_FALSE(streams.open(token("ordering"), 0)->next(1, 1ms));

  world.broker.set_available(true);
  CHECK(stored(world.log, world.subject).empty());
  CHECK(append(world.log, world.subject, 0, {"a"}).get().outcome == Outcome::acknowledged);
}

TEST_CASE("a lost tail gives its sequences out again, and cursors beyond it stop for good",
          "[memory]") {
  World world;
  memory::MemoryEventStreams streams(world.broker);
  const auto context = token("ordering");
  REQUIRE(append(world.log, world.subject, 0, {"a", "b", "c"}).get().sequence == 3);
  const auto cursor = streams.open(context, 0);
  REQUIRE(cursor->next(10, 1s).value().size() == 3);

  world.broker.lose_tail(context, 2);
  CHECK(stored(world.log, world.subject) == Commits{"a"});
  CHECK(streams.last_sequence(context) == 1U);
  const auto beyond = cursor->next(10, 1ms);
  REQUIRE_FALSE(beyond);
  CHECK_FALSE(beyond.error().retryable);
  CHECK(append(world.log, world.subject, 1, {"other"}).get().sequence == 2);

  world.broker.lose_tail(context, 100);
  CHECK(streams.last_sequence(context) == 0U);
}

TEST_CASE("a commit over the broker's size is refused and not stored", "[memory]") {
  World world;
  const std::string large(memory::Broker::message_bytes_default + 1, 'x');
  CHECK(append(world.log, world.subject, 0, {"a", large}).get().too_large);
  world.broker.set_message_bytes_max(2);
  CHECK(append(world.log, world.subject, 0, {"abc"}).get().outcome == Outcome::refused);
  CHECK(stored(world.log, world.subject).empty());
}

TEST_CASE("a refused append is not stored", "[memory]") {
  World world;
  world.broker.fail_next_append(AppendFault::refused);
  const auto refused = append(world.log, world.subject, 0, {"a"}).get();
  CHECK(refused.outcome == Outcome::refused);
  CHECK_FALSE(refused.too_large);
  CHECK(append(world.log, world.subject, 0, {"a"}).get().sequence == 1);
}

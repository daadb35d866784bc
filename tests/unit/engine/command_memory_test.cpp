// What an instance remembers of its commands, and for how long.
#include <catch2/catch_all.hpp>

#include "runtime/engine/command_memory.hpp"

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;

const Time start{std::chrono::hours{1'000}};

RememberedCommand command(std::uint64_t number, Time at) {
  return {.id = "c" + std::to_string(number),
          .hash = "h",
          .first_version = number,
          .last_version = number,
          .sequence = number * 10,
          .committed_at = at};
}

/// `count` commands, each `apart` after the one before.
CommandMemory filled(std::uint64_t count, std::chrono::milliseconds apart) {
  CommandMemory memory;
  for (std::uint64_t i = 1; i <= count; ++i)
    memory.remember(command(i, start + apart * static_cast<std::int64_t>(i)));
  return memory;
}

}  // namespace

TEST_CASE("a remembered command is found by its id", "[command_memory]") {
  const auto memory = filled(3, 1s);
  REQUIRE(memory.find("c2"));
  CHECK(memory.find("c2")->sequence == 20);
  CHECK_FALSE(memory.find("c4"));
}

TEST_CASE("the last commands are kept however old they are", "[command_memory]") {
  const auto memory = filled(CommandMemory::kept_min, 24h);
  CHECK(memory.size() == CommandMemory::kept_min);
  CHECK(memory.find("c1"));
  CHECK_FALSE(memory.may_have_forgotten(start));
}

TEST_CASE("beyond them, commands are kept for a quarter of an hour of event time",
          "[command_memory]") {
  const auto memory = filled(2'000, 1s);
  CHECK(memory.size() == 1'024);
  CHECK_FALSE(memory.find("c976"));
  CHECK(memory.find("c977"));
  CHECK(filled(2'000, 500ms).size() == 1'801);
}

TEST_CASE("there is a most that is kept at all", "[command_memory]") {
  CHECK(filled(CommandMemory::kept_max + 10, 1ms).size() == CommandMemory::kept_max);
}

TEST_CASE("the memory says for which commands it cannot speak", "[command_memory]") {
  const auto memory = filled(2'000, 1s);
  const auto oldest = start + 977s;
  CHECK(memory.may_have_forgotten(oldest));
  CHECK(memory.may_have_forgotten(oldest + CommandMemory::skew_max));
  CHECK_FALSE(memory.may_have_forgotten(oldest + CommandMemory::skew_max + 1ms));
}

TEST_CASE("commands on their way get their places when they are known", "[command_memory]") {
  CommandMemory memory;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto one = command(i, start);
    if (i > 1) one.sequence = 0;
    memory.remember(one);
  }
  memory.place_newest(2, 78);
  CHECK(memory.find("c1")->sequence == 10);
  CHECK(memory.find("c2")->sequence == 77);
  CHECK(memory.find("c3")->sequence == 78);
}

TEST_CASE("a memory survives in a snapshot, with what it knows to have forgotten",
          "[command_memory]") {
  const auto memory = filled(1'500, 1s);
  v1::Snapshot snapshot;
  memory.save(snapshot);
  const auto restored = CommandMemory::restore(snapshot);

  v1::Snapshot again;
  restored.save(again);
  CHECK(again.SerializeAsString() == snapshot.SerializeAsString());
  CHECK(restored.find("c1500")->sequence == 15'000);
  CHECK(restored.may_have_forgotten(start));
}

}  // namespace troupe::engine

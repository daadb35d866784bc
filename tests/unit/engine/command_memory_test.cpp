// What an instance remembers of its commands, and for how long.
#include <algorithm>

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
  CHECK_FALSE(memory.may_have_forgotten("new", start));
}

TEST_CASE("beyond them, commands are kept for a quarter of an hour of event time",
          "[command_memory]") {
  const auto memory = filled(2'000, 1s);
  CHECK(memory.size() == 1'024);
  CHECK_FALSE(memory.find("c976"));
  CHECK(memory.find("c977"));
  CHECK(filled(2'000, 500ms).size() == 1'801);
}

TEST_CASE("the memory says for which commands it cannot speak", "[command_memory]") {
  const auto memory = filled(2'000, 1s);
  const auto oldest = start + 977s;
  CHECK(memory.may_have_forgotten("new", oldest));
  CHECK(memory.may_have_forgotten("new", oldest + CommandMemory::skew_max));
  CHECK_FALSE(memory.may_have_forgotten("new", oldest + CommandMemory::skew_max + 1ms));
  CHECK_FALSE(memory.may_have_forgotten("c1000", oldest));
}

TEST_CASE("there is a most that is kept at all, and fingerprints of what was dropped for it",
          "[command_memory]") {
  const std::uint64_t count = CommandMemory::kept_max + 10;
  const auto memory = filled(count, 1ms);
  CHECK(memory.size() == CommandMemory::kept_max);
  const auto now = start + std::chrono::milliseconds(count);
  CHECK_FALSE(memory.may_have_forgotten("new", now));
  CHECK_FALSE(memory.may_have_forgotten("c11", now));
  CHECK(memory.may_have_forgotten("c10", now));
  CHECK(memory.may_have_forgotten("c1", now));
}

TEST_CASE("fingerprints go when they are older than clocks can differ", "[command_memory]") {
  const std::uint64_t count = 100'000;
  const auto memory = filled(count, 4ms);  // 400 s; the memory has the last 66 of them
  const auto now = start + 4ms * count;
  CHECK_FALSE(memory.may_have_forgotten("new", now));
  CHECK_FALSE(memory.may_have_forgotten("c1", now));
  CHECK(memory.may_have_forgotten("c80000", now));
  CHECK(memory.may_have_forgotten("new", start));
}

TEST_CASE("fingerprints take memory for two halves at most", "[command_memory]") {
  ForgottenIds ids(Time::min());
  std::size_t most = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ids.add(std::to_string(i), start + 4ms * i);
    most = std::max(most, ids.bytes());
  }
  CHECK(most <= sizeof(ids) + 2 * (ForgottenIds::half_span / 4ms) * 40);
}

TEST_CASE("fingerprints of a very busy instance have a bound, and it is said how far they reach",
          "[command_memory]") {
  ForgottenIds ids(Time::min());
  for (std::uint64_t i = 0; i <= 2 * ForgottenIds::half_max; ++i)
    ids.add(std::to_string(i), start + std::chrono::milliseconds(i / 20));
  CHECK(ids.contains(std::to_string(ForgottenIds::half_max)));
  CHECK_FALSE(ids.contains("0"));
  CHECK(ids.complete_after()
        == start + std::chrono::milliseconds((ForgottenIds::half_max - 1) / 20));
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
  CHECK(restored.may_have_forgotten("new", start));
}

TEST_CASE("a memory from a snapshot learns from the log what it forgot", "[command_memory]") {
  const std::uint64_t count = CommandMemory::kept_max + 10;
  v1::Snapshot snapshot;
  filled(count, 1ms).save(snapshot);
  auto memory = CommandMemory::restore(snapshot);
  const auto now = start + std::chrono::milliseconds(count);
  REQUIRE(memory.may_have_forgotten("new", now));

  std::vector<RememberedCommand> all{command(1, start - 1h)};
  for (std::uint64_t i = 2; i <= count; ++i)
    all.push_back(command(i, start + std::chrono::milliseconds(i)));
  memory.read_back(all);
  CHECK_FALSE(memory.may_have_forgotten("new", now));
  CHECK(memory.may_have_forgotten("c10", now));
  CHECK(memory.may_have_forgotten("new", start - 1h));

  memory.remember(command(count + 1, now + 1ms));
  CHECK_FALSE(memory.may_have_forgotten("new", now));
  CHECK(memory.may_have_forgotten("c11", now));
}

}  // namespace troupe::engine

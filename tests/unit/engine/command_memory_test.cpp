// What an instance remembers of its commands, and for how long.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/engine/history/command_memory.hpp"

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

constexpr std::uint64_t kept = CommandMemory::kept_max;

Time time_of(std::uint64_t number, std::chrono::microseconds apart) {
  return start + std::chrono::floor<std::chrono::milliseconds>(apart * number);
}

/// `count` commands, each `apart` after the one before.
CommandMemory filled(std::uint64_t count, std::chrono::microseconds apart) {
  CommandMemory memory;
  for (std::uint64_t i = 1; i <= count; ++i) memory.remember(command(i, time_of(i, apart)));
  return memory;
}

/// Whether it says that the command may be a repeat, and where.
bool knows(const CommandMemory& memory, std::uint64_t number) {
  const auto places = memory.places("c" + std::to_string(number));
  return memory.find("c" + std::to_string(number))
         || std::ranges::find(places, number * 10) != places.end();
}

CommandMemory through_snapshot(const CommandMemory& memory) {
  v1::Snapshot snapshot;
  std::vector<SnapshotPart> parts;
  memory.save(snapshot, parts);
  v1::Snapshot read;
  REQUIRE(read.ParseFromString(snapshot.SerializeAsString()));
  auto restored = CommandMemory::restore(read, parts);
  REQUIRE(restored);
  return *std::move(restored);
}

}  // namespace

TEST_CASE("a remembered command is found by its id", "[command_memory]") {
  const auto memory = filled(3, 1s);
  REQUIRE(memory.find("c2"));
  CHECK(memory.find("c2")->sequence == 20);
  CHECK_FALSE(memory.find("c4"));
}

TEST_CASE("the last commands are kept however old they are", "[command_memory]") {
  const auto memory = filled(kept, 24h);
  CHECK(memory.size() == kept);
  CHECK(memory.find("c1"));
  CHECK(memory.reaches(start - 24h));
}

TEST_CASE("of those before them nothing is kept after a quarter of an hour of event time",
          "[command_memory]") {
  const auto memory = filled(kept + 1'000, 1h);
  CHECK(memory.size() == kept);
  CHECK(memory.places("c1000").empty());
  CHECK_FALSE(memory.find("c1000"));
  CHECK(memory.find("c1001"));
  CHECK_FALSE(memory.reaches(start + 1'001h));
  CHECK(memory.reaches(start + 1'001h + 1ms));
}

TEST_CASE("every command of a quarter of an hour is known, at 1,000 a second, and no new one is",
          "[command_memory]") {
  const std::uint64_t count = 1'100'000;
  const auto apart = 1ms;
  auto memory = filled(count, apart);
  const auto now = time_of(count, apart);
  SECTION("as it is") {}
  SECTION("in a snapshot") { memory = through_snapshot(memory); }

  CHECK(memory.reaches(now - CommandMemory::span));
  const std::uint64_t oldest = count - CommandMemory::span / apart;
  for (std::uint64_t number = oldest; number <= count; number += 997) CHECK(knows(memory, number));
  CHECK(knows(memory, oldest));
  CHECK(knows(memory, count));
  std::size_t taken_for_one = 0;
  for (std::uint64_t number = count + 1; number <= count + 100'000; ++number)
    taken_for_one += memory.places("c" + std::to_string(number)).size();
  CHECK(taken_for_one < 100);  // about one in 4,300
  CHECK(memory.bytes() < 16'000'000);
}

TEST_CASE("of a busier instance a million commands are known, and it is said how far they reach",
          "[command_memory]") {
  const std::uint64_t count = 1'500'000;
  const auto memory = filled(count, 100us);
  CHECK(knows(memory, count - 900'000));
  CHECK_FALSE(knows(memory, 1));
  CHECK_FALSE(memory.reaches(start));
  CHECK(memory.reaches(time_of(count - 900'000, 100us)));
  CHECK(memory.bytes() < 16'000'000);
}

TEST_CASE("an instance that is not busy keeps no more ids than a quarter of an hour has",
          "[command_memory]") {
  const std::uint64_t count = 100'000;
  const auto memory = filled(count, 200ms);  // 5 a second, for 5.5 hours
  CHECK(knows(memory, count - 4'500));
  CHECK_FALSE(knows(memory, count - 6'000));
  CHECK(memory.bytes() < 400'000);
}

TEST_CASE("ids that are read back reach farther, while such commands come", "[command_memory]") {
  const std::uint64_t count = 100'000;
  auto memory = filled(count, 100ms);
  const auto now = time_of(count, 100ms);
  const auto long_ago = time_of(50'001, 100ms);
  REQUIRE_FALSE(memory.reaches(long_ago));
  REQUIRE_FALSE(knows(memory, 50'001));

  memory.want(long_ago);
  while (!memory.reaches(long_ago)) {
    std::vector<RememberedCommand> page;
    const auto before = memory.first_sequence() / 10;
    for (auto number = before - 1'000; number < before; ++number)
      page.push_back(command(number, time_of(number, 100ms)));
    memory.read_back(page, page.front().sequence);
  }
  for (auto number = count; number >= 50'001; number -= 7) CHECK(knows(memory, number));

  std::uint64_t number = count;
  const auto remember = [&](std::size_t more) {
    for (; more > 0; --more) memory.remember(command(++number, now));
  };
  remember(CommandMemory::read_back_kept - 1);
  CHECK(memory.reaches(long_ago));
  memory.want(long_ago);
  remember(CommandMemory::read_back_kept - 1);
  CHECK(memory.reaches(long_ago));
  CHECK(knows(memory, 60'000));
  SECTION("then they go") {
    remember(2);
    CHECK_FALSE(memory.reaches(long_ago));
    CHECK(memory.places("c60000").empty());
    CHECK(memory.reaches(now - 12min));
  }
  SECTION("and no snapshot has them") {
    const auto restored = through_snapshot(memory);
    CHECK_FALSE(restored.reaches(long_ago));
    CHECK(restored.reaches(now - 12min));
    CHECK(knows(restored, count - 7'000));
    CHECK(restored.places("c60000").empty());
  }
}

TEST_CASE("when nothing older can be read back, everything is known", "[command_memory]") {
  auto memory = filled(kept + 10, 1h);
  REQUIRE_FALSE(memory.reaches(start));
  std::vector<RememberedCommand> all;
  for (std::uint64_t number = 1; number <= 10; ++number)
    all.push_back(command(number, time_of(number, 1h)));
  memory.want(start);
  memory.read_back(all, all.front().sequence);
  CHECK_FALSE(memory.reaches(start));
  memory.read_back({}, 0);
  CHECK(memory.reaches(start));
  CHECK(knows(memory, 1));
}

TEST_CASE("what is no command is read back but once", "[command_memory]") {
  auto memory = filled(kept + 10, 1h);
  memory.want(start);
  memory.read_back({command(10, time_of(10, 1h))}, 95);
  CHECK(memory.first_sequence() == 95);
  memory.read_back({}, 90);
  CHECK(memory.first_sequence() == 90);
  CHECK_FALSE(memory.reaches(start));
  memory.read_back({command(9, time_of(9, 1h))}, 85);
  CHECK(memory.first_sequence() == 85);
  CHECK(knows(memory, 9));
}

TEST_CASE("what is read back has a bound, and how far it reaches is said", "[command_memory]") {
  auto memory = filled(kept + 1, 1h);
  memory.want(start - 100h);
  std::vector<RememberedCommand> page(100'000);
  for (std::size_t i = 0; i < CommandMemory::read_back_max + page.size(); i += page.size()) {
    for (std::size_t j = 0; j < page.size(); ++j) {
      page[page.size() - 1 - j] = command(i + j, start - std::chrono::milliseconds(i + j));
    }
    memory.read_back(page, page.front().sequence);
  }
  CHECK(memory.reaches(start - std::chrono::milliseconds(CommandMemory::read_back_max - 100)));
  CHECK_FALSE(memory.reaches(start - std::chrono::milliseconds(CommandMemory::read_back_max + 1)));
  CHECK(memory.bytes() < 64'000'000);
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
  const auto memory = filled(1'500'000, 1ms);
  v1::Snapshot snapshot;
  std::vector<SnapshotPart> parts;
  memory.save(snapshot, parts);
  const auto restored = CommandMemory::restore(snapshot, parts);
  REQUIRE(restored);
  CHECK(snapshot.ByteSizeLong() < 800'000);  // the parts are written once

  v1::Snapshot again;
  std::vector<SnapshotPart> parts_again;
  restored->save(again, parts_again);
  CHECK(again.SerializeAsString() == snapshot.SerializeAsString());
  REQUIRE(parts_again.size() == parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) CHECK(parts_again[i].name == parts[i].name);
  CHECK(restored->find("c1500000")->sequence == 15'000'000);
  CHECK_FALSE(restored->reaches(start));
}

TEST_CASE("a snapshot without all its parts as they were is none", "[command_memory]") {
  const auto memory = filled(200'000, 1ms);
  v1::Snapshot snapshot;
  std::vector<SnapshotPart> parts;
  memory.save(snapshot, parts);
  REQUIRE(parts.size() == 3);
  SECTION("one is missing") { parts.pop_back(); }
  SECTION("one was altered") {
    auto bytes = *parts[1].bytes;
    bytes[100] ^= 1;
    parts[1].bytes = std::make_shared<const std::string>(std::move(bytes));
  }
  CHECK_FALSE(CommandMemory::restore(snapshot, parts));
}

TEST_CASE("ids far apart in the log do not share a bucket", "[command_memory]") {
  ForgottenIds ids;
  const std::uint64_t far = 1ULL << 40U;
  ids.add("a", 7, start);
  ids.add("b", far, start);
  ids.add_older("c", 5, start);
  CHECK(ids.find("a") == std::vector<std::uint64_t>{7});
  CHECK(ids.find("b") == std::vector<std::uint64_t>{far});
  CHECK(ids.find("c") == std::vector<std::uint64_t>{5});
  CHECK(ids.first_sequence() == 5);
}

}  // namespace troupe::engine

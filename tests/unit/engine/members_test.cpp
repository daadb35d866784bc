// Who counts as alive, and who should own what.
#include <map>

#include <catch2/catch_all.hpp>

#include "runtime/engine/health/pause_watch.hpp"
#include "runtime/engine/ownership/members.hpp"

namespace troupe::engine {

namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

const SteadyTime start{std::chrono::hours{100}};
const std::string self = "n1|a";
const std::string other = "n2|b";

/// Both beat every 250 ms.
Members listening(std::chrono::milliseconds for_so_long) {
  Members members(self, 1'500ms);
  for (auto at = 0ms; at <= for_so_long; at += 250ms) {
    const auto beat = static_cast<std::uint64_t>(at / 250ms) + 1;
    members.heard({{self, beat}, {other, beat}}, start + at);
  }
  return members;
}

}  // namespace

TEST_CASE("whoever's beat does not change is dead after a while", "[members]") {
  auto members = listening(3s);
  CHECK(members.alive(start + 3s) == Names{self, other});
  for (auto at = 3'250ms; at < 4'500ms; at += 250ms) {
    members.heard({{self, 99}, {other, 13}}, start + at);
    CHECK_FALSE(members.dead(other, start + at));
  }
  members.heard({{self, 99}, {other, 13}}, start + 4'500ms);
  CHECK(members.dead(other, start + 4'500ms));
  CHECK(members.dead_ones(start + 4'500ms) == Names{other});
  CHECK(members.alive(start + 4'500ms) == Names{self});
  CHECK_FALSE(members.dead(self, start + 4'500ms));
}

TEST_CASE("nobody is dead for a node that has not listened for as long", "[members]") {
  auto members = listening(3s);
  CHECK_FALSE(members.dead(other, start + 10s));  // no answer of the store since
  members.heard({{self, 99}, {other, 13}}, start + 10s);
  CHECK_FALSE(members.dead(other, start + 10s));
  for (auto at = 10'250ms; at < 11'500ms; at += 250ms) {
    members.heard({{self, 99}, {other, 13}}, start + at);
    CHECK_FALSE(members.dead(other, start + at));
  }
  members.heard({{self, 99}, {other, 13}}, start + 11'500ms);
  CHECK(members.dead(other, start + 11'500ms));
}

TEST_CASE("who was only listed may be dead or alive", "[members]") {
  auto members = listening(0s);
  CHECK_FALSE(members.surely_alive(other, start));
  CHECK_FALSE(members.dead(other, start));
  CHECK(members.surely_alive(self, start));
  members.heard({{self, 2}, {other, 2}}, start + 250ms);
  CHECK(members.surely_alive(other, start + 250ms));
  members.heard({{self, 3}, {other, 0}}, start + 500ms);  // it leaves
  CHECK_FALSE(members.surely_alive(other, start + 500ms));
  members.heard({{self, 4}, {other, 3}}, start + 750ms);
  CHECK(members.surely_alive(other, start + 750ms));
  CHECK_FALSE(members.surely_alive(other, start + 750ms + 1'500ms));
  CHECK_FALSE(members.surely_alive("n3|c", start));
}

TEST_CASE("a list that was emptied makes nobody dead", "[members]") {
  auto members = listening(3s);
  members.heard({{self, 1}}, start + 3'250ms);
  CHECK(members.alive(start + 3'250ms) == Names{self, other});
  CHECK_FALSE(members.dead(other, start + 3'250ms));
  members.heard({{self, 2}, {other, 1}}, start + 3'500ms);
  CHECK_FALSE(members.dead(other, start + 4'900ms));
}

TEST_CASE("one that was never seen is dead only after a while of listening", "[members]") {
  auto members = listening(1s);
  CHECK_FALSE(members.dead("n9|x", start + 1s));
  CHECK(listening(2s).dead("n9|x", start + 2s));
}

TEST_CASE("one that leaves gets no slots and is not dead", "[members]") {
  auto members = listening(3s);
  members.heard({{self, 99}, {other, 0}}, start + 3'250ms);
  CHECK(members.alive(start + 3'250ms) == Names{self});
  CHECK_FALSE(members.dead(other, start + 3'250ms));
}

TEST_CASE("one that is not fit gets no slots, and counts as dead when it stays so", "[members]") {
  auto members = listening(3s);
  const auto hear_unfit = [&](std::chrono::milliseconds from, std::chrono::milliseconds to) {
    for (auto at = from; at <= to; at += 250ms)
      members.heard({{self, static_cast<std::uint64_t>(at.count())}, {other, 0}}, start + at);
  };
  hear_unfit(3'250ms, 4'500ms);
  CHECK(members.alive(start + 4'500ms) == Names{self});
  CHECK_FALSE(members.dead(other, start + 4'500ms));
  hear_unfit(4'750ms, 4'750ms);
  CHECK(members.dead(other, start + 4'750ms));
  members.heard({{self, 1}, {other, 1}}, start + 5s);  // fit again
  CHECK(members.alive(start + 5s) == Names{self, other});
  CHECK_FALSE(members.dead(other, start + 5s));
}

TEST_CASE("whoever is fit again has seen nobody be dead", "[members]") {
  auto members = listening(3s);
  for (auto at = 3'250ms; at <= 6s; at += 250ms) members.heard({{self, 0}, {other, 0}}, start + at);
  REQUIRE(members.dead(other, start + 6s));
  members.listen_anew(start + 6s);
  CHECK_FALSE(members.dead(other, start + 6s));
  for (auto at = 6'250ms; at <= 7'500ms; at += 250ms)
    members.heard({{self, static_cast<std::uint64_t>(at.count())}, {other, 0}}, start + at);
  CHECK(members.dead(other, start + 7'500ms));
}

TEST_CASE("another is fit when it has been so for long enough", "[members]") {
  auto members = listening(3s);
  CHECK(members.another_is_fit(start + 3s, 1s));
  members.heard({{self, 99}, {other, 0}}, start + 3'250ms);
  CHECK_FALSE(members.another_is_fit(start + 3'250ms, 0s));
  members.heard({{self, 99}, {other, 1}}, start + 3'500ms);
  CHECK(members.another_is_fit(start + 3'500ms, 0s));
  CHECK_FALSE(members.another_is_fit(start + 3'500ms, 1s));
  for (auto at = 3'750ms; at <= 4'500ms; at += 250ms)
    members.heard({{self, 99}, {other, static_cast<std::uint64_t>(at.count())}}, start + at);
  CHECK(members.another_is_fit(start + 4'500ms, 1s));
  CHECK_FALSE(members.another_is_fit(start + 6s, 1s));  // silent
}

TEST_CASE("a namesake is noticed while it is alive, a former self is not", "[members]") {
  Members members(self, 1'500ms);
  members.heard({{self, 1}, {"n1|z", 7}}, start);
  CHECK(members.namesake(start).empty());
  members.heard({{self, 2}, {"n1|z", 7}}, start + 250ms);
  CHECK(members.namesake(start + 250ms).empty());
  members.heard({{self, 3}, {"n1|z", 8}}, start + 500ms);
  CHECK(members.namesake(start + 500ms) == "n1|z");
}

TEST_CASE("the dead are struck off the list in the end", "[members]") {
  auto members = listening(3s);
  SteadyTime now = start + 3s;
  for (; now < start + 18s; now += 250ms) {
    CHECK(members.to_strike_off(now).empty());
    members.heard({{self, static_cast<std::uint64_t>(now.time_since_epoch().count())}, {other, 13}},
                  now);
  }
  CHECK(members.to_strike_off(now) == Names{other});
}

TEST_CASE("slots are spread, and a node that goes moves only its own", "[members]") {
  const Names three{"n1|a", "n2|b", "n3|c"};
  const Names two{"n1|a", "n3|c"};
  std::map<std::string, int> counts;
  for (std::uint32_t slot = 0; slot < 64; ++slot) {
    const auto& owner = owner_of(slot, three);
    ++counts[owner];
    if (owner != "n2|b") CHECK(owner_of(slot, two) == owner);
  }
  for (const auto& holder : three) CHECK(counts[holder] >= 12);
  // A node that comes back under its name gets what it had.
  for (std::uint32_t slot = 0; slot < 64; ++slot)
    CHECK(node_of(owner_of(slot, {"n1|a", "n2|new", "n3|c"})) == node_of(owner_of(slot, three)));
}

TEST_CASE("a process that stood still knows it", "[members]") {
  PauseWatch watch(start);
  watch.tick(start + 50ms);
  CHECK_FALSE(watch.paused_lately(start + 1'000ms));
  CHECK(watch.paused_lately(start + 1'050ms));
  watch.tick(start + 3s);
  CHECK(watch.paused_lately(start + 3'400ms));
  watch.tick(start + 3'450ms);
  CHECK_FALSE(watch.paused_lately(start + 3'500ms));
}

TEST_CASE("another program is there until all that are alive have this one's vocabulary",
          "[members]") {
  Members members(self, 1'500ms);
  CHECK(members.another_vocabulary("v", start));  // nobody was heard of
  const Member own{self, 1, "v"};
  members.heard({own}, start);
  CHECK_FALSE(members.another_vocabulary("v", start));
  for (const auto* other_says : {"w", ""}) {
    members.heard({own, {other, 1, other_says}}, start);
    CHECK(members.another_vocabulary("v", start));
  }
  members.heard({own, {other, 2, "v"}}, start + 1s);
  CHECK_FALSE(members.another_vocabulary("v", start + 1s));
  for (auto at = 2s; at < 6s; at += 1s) members.heard({own, {other, 3, "w"}}, start + at);
  CHECK(members.another_vocabulary("v", start + 3s));
  CHECK_FALSE(members.another_vocabulary("v", start + 5s));  // it is dead
}

}  // namespace troupe::engine

// What counts as a log that went back, and when it is believed.
#include "runtime/engine/log_regression.hpp"

#include <catch2/catch_all.hpp>

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

constexpr Instant monday{1h};
constexpr Instant tuesday{25h};

/// Known up to 10, where the message with hash "ten" is.
KnownLog known() { return {monday, 10, "ten", 0}; }

SeenLog seen(std::uint64_t last, std::optional<std::string> hash = "ten",
             Instant created = monday) {
  return {StreamFacts{created, last, {}}, std::move(hash)};
}

}  // namespace

TEST_CASE("a log that stands or grows is sound", "[engine][log_guard]") {
  CHECK(regression(known(), seen(10)).empty());
  CHECK(regression(known(), seen(11)).empty());
  CHECK(regression({monday, 0, {}, 0}, seen(0, std::nullopt)).empty());
  CHECK(regression({monday, 0, {}, 0}, seen(7, std::nullopt)).empty());
  CHECK(regression({monday, 10, {}, 0}, seen(10, "whatever")).empty());
}

TEST_CASE("a log that is gone, another, shorter or altered went back", "[engine][log_guard]") {
  CHECK(regression(known(), {}) == "is gone");
  CHECK_THAT(regression(known(), seen(10, "ten", tuesday)),
             ContainsSubstring("created anew at 1970-01-02T01:00:00Z"));
  CHECK(regression(known(), seen(9, std::nullopt))
        == "ends at sequence 9, but has reached 10 before");
  CHECK(regression(known(), seen(12, std::nullopt)) == "has lost its message 10");
  CHECK(regression(known(), seen(12, "another")) == "has another message 10 than before");
}

TEST_CASE("what was stored or read must be there, marked or not", "[engine][log_guard]") {
  auto log = known();
  log.reached = 12;
  CHECK(regression(log, seen(12)).empty());
  CHECK(regression(log, seen(11)) == "ends at sequence 11, but has reached 12 before");
  log.sequence = 0;
  CHECK(regression(log, seen(11, std::nullopt))
        == "ends at sequence 11, but has reached 12 before");
}

TEST_CASE("the message at the mark is read only where it can tell something",
          "[engine][log_guard]") {
  CHECK(needs_mark_hash(known(), StreamFacts{monday, 10, {}}));
  CHECK_FALSE(needs_mark_hash(known(), StreamFacts{monday, 9, {}}));
  CHECK_FALSE(needs_mark_hash(known(), StreamFacts{tuesday, 10, {}}));
  CHECK_FALSE(needs_mark_hash({monday, 0, {}, 0}, StreamFacts{monday, 10, {}}));
  CHECK_FALSE(needs_mark_hash(known(), std::nullopt));
}

TEST_CASE("a contradiction is believed when it stays", "[engine][log_guard]") {
  Suspicion suspicion;
  const std::chrono::steady_clock::time_point now{1h};
  CHECK_FALSE(suspicion.sighted("", now));
  CHECK_FALSE(suspicion.sighted("", now));
  SECTION("after three looks in a row") { CHECK(suspicion.sighted("", now)); }
  SECTION("not when a look in between found the log sound") {
    suspicion.clear();
    CHECK_FALSE(suspicion.sighted("", now));
  }
}

TEST_CASE("a replicated log's leader gets time to catch up, and a new one gets it anew",
          "[engine][log_guard]") {
  Suspicion suspicion;
  const std::chrono::steady_clock::time_point now{1h};
  for (int i = 0; i < 5; ++i) CHECK_FALSE(suspicion.sighted("s1", now));
  CHECK_FALSE(suspicion.sighted("s2", now + Suspicion::leader_patience));
  CHECK_FALSE(suspicion.sighted("s2", now + 2 * Suspicion::leader_patience - 1ms));
  CHECK(suspicion.sighted("s2", now + 2 * Suspicion::leader_patience));
}

}  // namespace troupe::engine::test

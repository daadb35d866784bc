// What counts as a log that went back, and when it is believed.
#include "runtime/engine/log_guard/log_regression.hpp"

#include <catch2/catch_all.hpp>

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

constexpr Instant monday{1h};
constexpr Instant tuesday{25h};

/// Known up to 10, where the message with hash "ten" is.
KnownLog known() { return {monday, 10, "ten"}; }

SeenLog seen(std::uint64_t last, std::optional<std::string> hash = "ten", Instant created = monday,
             std::uint64_t missing = 0) {
  StreamFacts facts;
  facts.created = created;
  facts.last_sequence = last;
  facts.missing = missing;
  return {facts, std::move(hash)};
}

}  // namespace

TEST_CASE("a log that stands or grows is sound", "[engine][log_guard]") {
  CHECK_FALSE(regression(known(), seen(10)));
  CHECK_FALSE(regression(known(), seen(11)));
  CHECK_FALSE(regression({monday, 0}, seen(0, std::nullopt)));
  CHECK_FALSE(regression({monday, 0}, seen(7, std::nullopt)));
  CHECK_FALSE(regression({monday, 10}, seen(10, "whatever")));
}

TEST_CASE("a log that is gone, another, shorter, holed or altered went back",
          "[engine][log_guard]") {
  const auto judged = [](const SeenLog& log) { return regression(known(), log); };
  CHECK(judged({}).loss == Loss::gone);
  CHECK(judged(seen(10, "another", tuesday)).loss == Loss::replaced);
  CHECK_THAT(judged(seen(10, "another", tuesday)).what,
             ContainsSubstring("created anew at 1970-01-02T01:00:00Z"));
  CHECK(judged(seen(9, std::nullopt)).loss == Loss::shortened);
  CHECK(judged(seen(9, std::nullopt)).what == "ends at sequence 9, but has reached 10 before");
  CHECK(judged(seen(12, std::nullopt)).loss == Loss::holed);
  CHECK(judged(seen(12, std::nullopt)).what == "has lost its message 10");
  CHECK(judged(seen(12, "ten", monday, 4)).loss == Loss::holed);
  CHECK(judged(seen(12, "ten", monday, 4)).what == "does not hold 4 of its 12 messages any more");
  CHECK(judged(seen(12, "another")).loss == Loss::altered);
  CHECK(judged(seen(12, "another")).what == "has another message 10 than before");
}

TEST_CASE("a copy is told from another log by the message at the mark", "[engine][log_guard]") {
  const auto copy = regression(known(), seen(10, "ten", tuesday));
  CHECK(copy.loss == Loss::copied);
  CHECK_THAT(copy.what, ContainsSubstring("the same message 10"));
  SECTION("not when it is shorter than what this node knows") {
    auto log = known();
    log.reached = 11;
    CHECK(regression(log, seen(10, "ten", tuesday)).loss == Loss::replaced);
  }
  SECTION("not when it has holes") {
    CHECK(regression(known(), seen(10, "ten", tuesday, 1)).loss == Loss::replaced);
  }
  SECTION("not when nobody knows what was there") {
    CHECK(regression({monday, 10}, seen(10, "ten", tuesday)).loss == Loss::replaced);
  }
}

TEST_CASE("what was gone when the log was accepted is not held against it", "[engine][log_guard]") {
  auto log = known();
  log.missing = 4;
  CHECK_FALSE(regression(log, seen(12, "ten", monday, 4)));
  CHECK(regression(log, seen(12, "ten", monday, 5)).loss == Loss::holed);
}

TEST_CASE("each loss has a cure", "[engine][log_guard]") {
  for (const auto loss : {Loss::gone, Loss::copied, Loss::replaced, Loss::shortened, Loss::holed,
                          Loss::altered, Loss::unrecorded})
    CHECK_THAT(cure(loss), Catch::Matchers::EndsWith(" with"));
}

TEST_CASE("what was stored or read must be there, marked or not", "[engine][log_guard]") {
  auto log = known();
  log.reached = 12;
  CHECK_FALSE(regression(log, seen(12)));
  CHECK(regression(log, seen(11)).what == "ends at sequence 11, but has reached 12 before");
  log.sequence = 0;
  CHECK(regression(log, seen(11, std::nullopt)).what
        == "ends at sequence 11, but has reached 12 before");
}

TEST_CASE("the message at the mark is read only where it can tell something",
          "[engine][log_guard]") {
  CHECK(needs_mark_hash(known(), seen(10).facts));
  CHECK(needs_mark_hash(known(), seen(10, "ten", tuesday).facts));
  CHECK_FALSE(needs_mark_hash(known(), seen(9).facts));
  CHECK_FALSE(needs_mark_hash({monday, 0}, seen(10).facts));
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

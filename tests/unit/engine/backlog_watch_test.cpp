// What waits and does not get on is said, by one node, for as long as it is so.
#include "runtime/engine/health/backlog_watch.hpp"

#include <catch2/catch_all.hpp>

#include "runtime/memory/manual_clock.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::test::eventually;

/// What a test says there is.
class ScriptedBacklog final : public Backlogs {
public:
  Result<std::optional<ConsumerBacklog>> reactions(const Token&, const Token&) override {
    return of(&Script::reactions);
  }
  Result<std::optional<ConsumerBacklog>> timers(const Token&) override {
    return of(&Script::timers);
  }
  Result<Pending> open_effects(const Token&, const Token&, const Token&) override {
    return of(&Script::effects);
  }
  Result<StreamBacklog> stream(StreamKind kind, const Token&) override {
    at_streams();
    return of(kind == StreamKind::parked ? &Script::parked : &Script::events);
  }

  /// On the thread that looks, before what it learns of a stream.
  std::function<void()> at_streams = [] {};

  struct Script {
    std::optional<ConsumerBacklog> reactions;
    std::optional<ConsumerBacklog> timers;
    Pending effects;
    StreamBacklog events;
    StreamBacklog parked;
  };
  template <class Change>
  void change(Change change) {
    std::unique_lock lock(mutex_);
    change(script_);
    // Both the look under way and the one after it have begun before the change.
    looked_.wait_for(lock, 10s, [this, until = looks_ + 3] { return looks_ >= until; });
  }

private:
  template <class T>
  T of(T Script::*which) {
    const std::lock_guard lock(mutex_);
    if constexpr (std::is_same_v<T, Pending>) {
      ++looks_;  // once in each look
      looked_.notify_all();
    }
    return script_.*which;
  }

  std::mutex mutex_;
  std::condition_variable looked_;
  Script script_;
  int looks_ = 0;
};

struct Bench {
  memory::ManualClock clock;
  Conditions conditions{clock};
  ScriptedBacklog backlog;
  std::atomic<bool> keeps{true};
  ContextModel model = [] {
    ContextModel made;
    made.name = "example";
    EffectModel effect;
    effect.name = "call";
    effect.aggregate = "account";
    made.effects.push_back(std::move(effect));
    return made;
  }();
  BacklogWatch watch{{backlog, clock, conditions, 1ms, [this] { return keeps.load(); }},
                     model,
                     {{*Token::parse("other"), *Token::parse("example-from-other")}}};

  Bench() { watch.start(); }
  explicit Bench(std::function<void(Bench&)> at_streams) {
    backlog.at_streams = [this, at_streams = std::move(at_streams)] { at_streams(*this); };
    watch.start();
  }
  ~Bench() { watch.stop(); }

  std::string says(const ConditionKind& kind, std::string_view part = {}) const {
    return conditions.sentence(kind, "example", part);
  }
};

constexpr const char* consumer = "example-from-other";

ConsumerBacklog waiting(std::uint64_t count, Time oldest) {
  return {.pending = {.count = count, .oldest = oldest},
          .delivered = 1,
          .delivered_max = 256,
          .done_up_to = 7};
}

}  // namespace

TEST_CASE("deliveries that wait for long and do not move are a condition, those that move are none",
          "[conditions][backlog]") {
  Bench bench;
  const auto began = bench.clock.now();
  bench.backlog.change([&](auto& script) { script.reactions = waiting(3, began); });
  CHECK(bench.says(condition::consumer_stuck, consumer).empty());  // not for long yet
  bench.clock.advance(19s);
  bench.backlog.change([](auto&) {});
  CHECK(bench.says(condition::consumer_stuck, consumer).empty());
  bench.clock.advance(1s);
  bench.backlog.change([](auto&) {});
  CHECK_THAT(bench.says(condition::consumer_stuck, consumer),
             ContainsSubstring("3 events of other wait for consumer example-from-other since"));
  CHECK(bench.conditions.all().at(0).since == began);
  CHECK(bench.conditions.all().at(0).severity == Severity::remark);
  CHECK(bench.watch.stats().consumers.at(consumer).count == 3);

  SECTION("why is told as far as it is known: nobody asks") {
    bench.backlog.change([](auto& script) { script.reactions->attended = false; });
    CHECK_THAT(bench.says(condition::consumer_stuck, consumer),
               ContainsSubstring("no node asks for them"));
  }
  SECTION("why is told as far as it is known: too few may be under way") {
    bench.backlog.change([](auto& script) { script.reactions->delivered_max = 1; });
    CHECK_THAT(bench.says(condition::consumer_stuck, consumer),
               ContainsSubstring("all 1 that may be under way at a time (max_ack_pending) are"));
  }
  SECTION("it ends with nothing that waits") {
    bench.backlog.change([](auto& script) { script.reactions->pending = {}; });
    CHECK(bench.conditions.all().empty());
  }
  SECTION("it ends where another node keeps the context's backlog") {
    bench.keeps = false;
    CHECK(eventually(10s, [&] { return bench.conditions.all().empty(); }));
    CHECK(eventually(10s, [&] { return bench.watch.stats().consumers.empty(); }));
  }
}

TEST_CASE("a backlog that shrinks is no condition, however old", "[conditions][backlog]") {
  Bench bench;
  const auto long_ago = bench.clock.now() - 1h;
  for (std::uint64_t done = 1; done < 50; ++done) {
    bench.backlog.change([&](auto& script) {
      script.reactions = waiting(100 - done, long_ago);
      script.reactions->done_up_to = done;
    });
    // Three looks find it where it is, and say so; the next step ends it.
    if (done > 1) CHECK(bench.conditions.all().size() <= 1);
  }
  bench.backlog.change([](auto& script) { script.reactions->pending = {}; });
  CHECK(bench.conditions.all().empty());
}

TEST_CASE("what waits is known at once by a node that starts anew", "[conditions][backlog]") {
  Bench bench;
  const auto long_ago = bench.clock.now() - 1h;
  bench.backlog.change([&](auto& script) { script.timers = waiting(1, long_ago); });
  CHECK_THAT(bench.says(condition::consumer_stuck, "timers"),
             ContainsSubstring("1 timers of example that are due wait"));
  CHECK(bench.conditions.all().at(0).since == long_ago);
}

TEST_CASE("what waits for a paused consumer is told at once", "[conditions][backlog]") {
  Bench bench;
  bench.backlog.change([&](auto& script) {
    script.reactions = waiting(3, bench.clock.now());
    script.reactions->paused_until = "2030-01-01T00:00:00Z";
  });
  CHECK_THAT(bench.says(condition::consumer_stuck, consumer),
             ContainsSubstring("paused until 2030-01-01T00:00:00Z"));
  CHECK(bench.conditions.all().size() == 1);
  bench.backlog.change([](auto& script) { script.reactions.reset(); });  // deleted, or not made yet
  bench.backlog.change([&](auto& script) { script.reactions = ConsumerBacklog{}; });
  CHECK(bench.conditions.all().empty());
}

TEST_CASE("a gauge shows what a sentence speaks of, before all has been looked at",
          "[conditions][backlog]") {
  std::atomic<int> told = 0;
  std::atomic<bool> shown = true;
  Bench bench([&](Bench& inside) {
    if (inside.says(condition::effects_stuck, "call").empty()) return;
    ++told;
    if (inside.watch.stats().effects["call"].count != 1) shown = false;
  });
  const auto long_ago = bench.clock.now() - 1h;
  bench.backlog.change([&](auto& script) { script.effects = {.count = 1, .oldest = long_ago}; });
  CHECK(eventually(10s, [&] { return told > 0; }));
  CHECK(shown);
}

TEST_CASE("calls without an outcome are counted, and a condition when the oldest waits for long",
          "[conditions][backlog]") {
  Bench bench;
  const auto asked = bench.clock.now();
  bench.backlog.change([&](auto& script) { script.effects = {.count = 2, .oldest = asked}; });
  CHECK(bench.conditions.all().empty());
  CHECK(bench.watch.stats().effects.at("call").count == 2);
  bench.clock.advance(20s);
  bench.backlog.change([](auto&) {});
  CHECK_THAT(bench.says(condition::effects_stuck, "call"),
             ContainsSubstring("2 calls of call have no outcome"));
  CHECK(bench.conditions.all().at(0).since == asked);
  bench.backlog.change([](auto& script) { script.effects = {}; });
  CHECK(bench.conditions.all().empty());
}

TEST_CASE("parked events are a condition since the oldest was parked", "[conditions][backlog]") {
  Bench bench;
  const auto parked = bench.clock.now() - 24h;
  bench.backlog.change(
      [&](auto& script) { script.parked.messages = {.count = 200'000, .oldest = parked}; });
  CHECK_THAT(bench.says(condition::events_parked), ContainsSubstring("200000 events"));
  CHECK(bench.conditions.all().at(0).since == parked);
  CHECK_FALSE(any_unready(bench.conditions.all()));
  CHECK(bench.watch.stats().parked->count == 200'000);
}

TEST_CASE("a stream that takes nothing more is a remark", "[conditions][backlog]") {
  Bench bench;
  bench.backlog.change([](auto& script) { script.events.refuses = "it is sealed"; });
  CHECK_THAT(bench.says(condition::stream_full, "EVT_EXAMPLE"), ContainsSubstring("it is sealed"));
  CHECK_THAT(bench.says(condition::stream_full, "TMR_EXAMPLE"), ContainsSubstring("it is sealed"));
  CHECK_FALSE(any_unready(bench.conditions.all()));
}

}  // namespace troupe::engine::test

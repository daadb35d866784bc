// Events become commands of other contexts: in order, once in effect, with poison parked.
#include <catch2/catch_all.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/engine/mirror.hpp"

namespace troupe::engine::test {

namespace {

using troupe::test::eventually;
using Amounts = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("an event's command says where it comes from", "[engine][reactions]") {
  World world;
  Node node(world, both());
  auto command = command_to(account("a"), deposit(7));
  command.correlation_id = "journey";
  (void)accepted(node.send(command));
  REQUIRE(all_handled(world));

  const auto source = world.commits(Subject::events(account("a")));
  const auto target = Subject::events(instance("mirror", "ledger", "a"));
  const auto commit = parsed(world.commits(target).at(0));
  CHECK(commit.causation_id() == "evt.example.account.a@1");
  CHECK(commit.correlation_id() == "journey");
  CHECK(commit.issued_at().SerializeAsString()
        == parsed(source.at(0)).committed_at().SerializeAsString());
  CHECK(commit.command_id()
        == asked_command_id({.consumer = "mirror-from-example",
                             .source_subject = "evt.example.account.a",
                             .version = 1,
                             .reaction = "book-deposits",
                             .target = target.str(),
                             .command_type = "Int64Value",
                             .ordinal = 0}));
}

TEST_CASE("events of an instance are handled in order, however often they are delivered",
          "[engine][reactions]") {
  World world;
  world.broker.duplicate_deliveries(true);
  Node node(world, both());
  Amounts amounts;
  std::vector<std::future<Outcome>> waiting;
  for (std::int64_t cents = 10; cents < 60; ++cents) {
    amounts.push_back(cents);
    for (const auto* id : {"a", "b", "c"})
      waiting.push_back(node.send(command_to(account(id), deposit(cents))));
    if (cents == 35) world.broker.reactivate();
  }
  for (auto& one : waiting) (void)accepted(std::move(one));
  REQUIRE(all_handled(world));

  for (const auto* id : {"a", "b", "c"}) CHECK(booked(world, id) == amounts);
}

TEST_CASE("two commands of one event to one instance are two commands", "[engine][reactions]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("a"), deposit(BookDeposits::twice_cents))));
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{2, 2});
}

TEST_CASE("a rejection that the reaction expects ends the matter", "[engine][reactions]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("a"), deposit(5))));
  (void)accepted(node.send(command_to(account("a"), withdraw(5))));
  (void)accepted(node.send(command_to(account("a"), deposit(6))));
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{5, 6});
  CHECK(parked(world).empty());
}

TEST_CASE("a node whose clock is wrong leaves events to one whose is right",
          "[engine][reactions]") {
  World world;
  const std::vector models{model_of<Bank>(), model_of<Mirror>()};
  memory::MemoryStreamInspector inspector(world.broker);
  Node wrong(world, models, {.node = "n1"}, &inspector);
  (void)accepted(wrong.send(command_to(account("alice"), deposit(1))));
  REQUIRE(all_handled(world));  // it is the active one
  Node right(world, models, {.node = "n2"});
  inspector.set_clock_ahead(std::chrono::hours(1));
  for (const auto* context : {"example", "mirror"})
    REQUIRE(eventually(patience, [&] { return wrong.stats(context).slots.empty(); }));
  (void)accepted(right.send(command_to(account("alice"), deposit(3))));
  CHECK(all_handled(world));
  CHECK(booked(world, "alice") == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("an event is tried again until the log is back", "[engine][reactions]") {
  World world;
  Node node(world, both());
  const auto ledger = Subject::events(instance("mirror", "ledger", "a"));
  for (int i = 0; i < 3; ++i) world.broker.fail_next_append(memory::AppendFault::lost, ledger);
  (void)accepted(node.send(command_to(account("a"), deposit(5))));
  world.broker.set_available(false);
  world.broker.set_available(true);
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{5});
}

TEST_CASE("a poisonous event is parked with everything behind it; others flow",
          "[engine][reactions]") {
  World world;
  Ledger::curse = true;
  const auto [cents, cause] = GENERATE(
      table<std::int64_t, std::string>({{Ledger::cursed_cents, "ledger.cursed"},
                                        {BookDeposits::nowhere_cents, "illegal id 'no where'"},
                                        {BookDeposits::throwing_cents, "a cursed event"}}));
  Node node(world, both());
  for (const auto one : {std::int64_t{1}, cents, std::int64_t{3}, std::int64_t{4}})
    (void)accepted(node.send(command_to(account("a"), deposit(one))));
  (void)accepted(node.send(command_to(account("b"), deposit(9))));
  REQUIRE(all_handled(world));

  CHECK(booked(world, "a") == Amounts{1});
  CHECK(booked(world, "b") == Amounts{9});
  const auto waiting = parked(world);
  REQUIRE(waiting.size() == 3);
  CHECK(waiting[0].consumer() == "mirror-from-example");
  CHECK(waiting[0].source_stream() == "EVT_EXAMPLE");
  CHECK(waiting[0].source_subject() == "evt.example.account.a");
  CHECK(waiting[0].source_sequence() == 2);
  CHECK_THAT(waiting[0].cause(), Catch::Matchers::ContainsSubstring(cause));
  CHECK(waiting[0].commit() == world.commits(Subject::events(account("a"))).at(1).bytes);
  CHECK_THAT(waiting[2].cause(), Catch::Matchers::ContainsSubstring("behind"));
  CHECK(node.stats("mirror").parked == 3);
}

TEST_CASE("parked events are replayed first and in order by the next active reactor",
          "[engine][reactions]") {
  World world;
  Ledger::curse = true;
  {
    Node node(world, both());
    for (const auto cents : {1, 666, 3})
      (void)accepted(node.send(command_to(account("a"), deposit(cents))));
    REQUIRE(all_handled(world));
  }
  SECTION("they stay while the cause is there") {
    Node node(world, both());
    (void)accepted(node.send(command_to(account("a"), deposit(4))));
    REQUIRE(all_handled(world));
    CHECK(booked(world, "a") == Amounts{1});
    CHECK(parked(world).size() == 3);
    Ledger::curse = false;
    world.broker.reactivate();
    CHECK(eventually(patience, [&] { return booked(world, "a") == Amounts{1, 666, 3, 4}; }));
  }
  SECTION("they are gone when it is mended") {
    Ledger::curse = false;
    Node node(world, both());
    (void)accepted(node.send(command_to(account("a"), deposit(4))));
    REQUIRE(all_handled(world));
    CHECK(booked(world, "a") == Amounts{1, 666, 3, 4});
  }
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
}

TEST_CASE("parked events of many instances are all tried again, some at a time",
          "[engine][reactions]") {
  World world;
  Ledger::curse = true;
  constexpr int instances = 4 * static_cast<int>(Reactor::replays_max);
  {
    Node node(world, both());
    std::vector<std::future<Outcome>> waiting;
    for (int i = 0; i < instances; ++i)
      for (const auto cents : {666, 3})
        waiting.push_back(node.send(command_to(account("a" + std::to_string(i)), deposit(cents))));
    for (auto& one : waiting) (void)accepted(std::move(one));
    REQUIRE(all_handled(world));
    REQUIRE(parked(world).size() == 2 * instances);
  }
  Node node(world, both());
  SECTION("in vain while the cause is there, and what follows is parked behind them") {
    (void)accepted(node.send(command_to(account("a0"), deposit(4))));
    REQUIRE(all_handled(world));
    CHECK(booked(world, "a0").empty());
    CHECK(parked(world).size() == 2 * instances + 1);
    Ledger::curse = false;
    world.broker.reactivate();
  }
  SECTION("with one event of one of them, when it is mended") {
    Ledger::curse = false;
    (void)accepted(node.send(command_to(account("a0"), deposit(4))));
  }
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
  CHECK(eventually(patience, [&] { return booked(world, "a0") == Amounts{666, 3, 4}; }));
  for (int i = 1; i < instances; ++i)
    CHECK(booked(world, "a" + std::to_string(i)) == Amounts{666, 3});
}

}  // namespace troupe::engine::test

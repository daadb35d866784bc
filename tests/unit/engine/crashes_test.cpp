// Handlers that throw or do not return.
#include <catch2/catch_all.hpp>

#include "runtime/engine/health/watchdog.hpp"
#include "runtime/memory/manual_clock.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;

const auto alice = instance("example", "account", "alice");
const auto alices = Subject::events(alice);

}  // namespace

TEST_CASE("a command that crashes once gets a second chance", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  Account::crashes_left = 1;

  CHECK(accepted(node.send(command_to(alice, deposit(Account::cursed_cents)))).first_version == 2);
}

TEST_CASE("a command that crashes twice is refused from then on, others are not", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  Account::crashes_left = 2;
  const auto cursed = command_to(alice, deposit(Account::cursed_cents));

  CHECK(rejected(node.send(cursed)).code == RejectionCode::crashed);
  Account::crashes_left = 0;
  CHECK(rejected(node.send(cursed)).code == RejectionCode::crashed);
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == 1);
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("a crash in the middle of a batch spoils neither those before nor those behind it",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  Account::crashes_left = 1;
  world.broker.fail_next_append(memory::AppendFault::held);
  std::vector<std::future<Outcome>> waiting;
  for (const auto cents : {1L, 2L, Account::cursed_cents, 3L})
    waiting.push_back(node.send(command_to(alice, deposit(cents))));
  release_until_answered(world, waiting);

  std::uint64_t version = 0;
  for (auto& one : waiting) CHECK(accepted(std::move(one)).first_version == ++version);
}

TEST_CASE("the watchdog names a handler that does not return until it does", "[watchdog]") {
  memory::ManualClock clock;
  Watchdog watchdog(clock, 5s);
  const auto quick = [&] { return watchdog.watch("evt.a.b.c", "Quick"); };
  (void)quick();
  auto watch = std::make_optional(watchdog.watch("evt.bank.account.alice", "DepositMoney"));
  clock.advance(4s);
  CHECK(watchdog.overdue().empty());
  clock.advance(2s);
  const auto overdue = watchdog.overdue();
  REQUIRE(overdue.size() == 1);
  CHECK(overdue.front().starts_with("DepositMoney of evt.bank.account.alice has been running"));
  CHECK(watchdog.overdue().size() == 1);
  watch.reset();
  CHECK(watchdog.overdue().empty());
}

}  // namespace troupe::engine::test

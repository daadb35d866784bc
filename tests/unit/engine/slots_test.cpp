// Which node serves an instance.
#include <catch2/catch_all.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

const auto alice = instance("example", "account", "alice");

EngineOptions quick_to_renew() {
  EngineOptions options;
  options.lease_renewal = 10ms;
  options.lease_ttl = 100ms;
  return options;
}

}  // namespace

TEST_CASE("an instance is served by the node that holds its slot, and by another one afterwards",
          "[engine]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick_to_renew());
  Node second(world, {model_of<Bank>()}, quick_to_renew());

  CHECK(accepted(first.send(command_to(alice, deposit(1)))).first_version == 1);
  const auto refused = rejected(second.send(command_to(alice, deposit(1))));
  CHECK(refused.code == 503);
  CHECK(refused.text.ends_with("held by another node"));

  first.engine().stop();
  CHECK(eventually(patience, [&] {
    const auto outcome = get(second.send(command_to(alice, deposit(0))));
    return std::holds_alternative<Accepted>(outcome);
  }));
  CHECK(accepted(second.send(command_to(alice, deposit(1)))).first_version == 2);
}

TEST_CASE("without the store of leases a node serves what it holds, on fresh reads", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, quick_to_renew());
  (void)accepted(node.send(command_to(alice, deposit(10))));
  world.lease_table->set_available(false);
  const auto expired = std::chrono::steady_clock::now() + 150ms;
  REQUIRE(eventually(patience, [&] { return std::chrono::steady_clock::now() > expired; }));
  // Somebody else took over meanwhile and has written.
  memory::MemoryLeases leases;
  Engine other(
      {.node = "other"},
      {world.log, world.streams, world.subscriptions, world.timers, world.parked, world.views,
       world.snapshots, leases, world.witness, world.marks, world.effects, world.clock},
      {model_of<Bank>()});
  REQUIRE(other.start());
  std::promise<Outcome> promise;
  other.send(command_to(alice, withdraw(10)),
             [&](Outcome outcome) { promise.set_value(std::move(outcome)); });
  (void)accepted(promise.get_future());

  CHECK(rejected(node.send(command_to(alice, withdraw(1)))).decided_at == 2);
}

TEST_CASE("a lost slot's instances are forgotten", "[engine]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick_to_renew());
  (void)accepted(first.send(command_to(alice, deposit(10))));
  memory::MemoryLeases thief(world.clock, world.lease_table);
  std::vector<std::uint32_t> all;
  for (std::uint32_t slot = 0; slot < slots_default; ++slot) all.push_back(slot);
  REQUIRE(eventually(patience, [&] {
    world.lease_table->lose_everything();
    return thief.hold(alice.context, all, 1h).value().size() == all.size();
  }));

  CHECK(eventually(patience, [&] { return first.stats("example").instances == 0; }));
  CHECK(rejected(first.send(command_to(alice, deposit(1)))).code == 503);
}

TEST_CASE("a node stops although an instance of a lost slot waits for an answer of the log",
          "[engine]") {
  World world;
  auto options = quick_to_renew();
  options.stop_patience = 50ms;
  Node first(world, {model_of<Bank>()}, options);
  world.broker.fail_next_append(memory::AppendFault::held);
  auto waiting = first.send(command_to(alice, deposit(10)));
  memory::MemoryLeases thief(world.clock, world.lease_table);
  std::vector<std::uint32_t> all;
  for (std::uint32_t slot = 0; slot < slots_default; ++slot) all.push_back(slot);
  REQUIRE(eventually(patience, [&] {
    world.lease_table->lose_everything();
    return thief.hold(alice.context, all, 1h).value().size() == all.size();
  }));
  REQUIRE(eventually(patience, [&] { return first.stats("example").instances == 0; }));

  const auto began = std::chrono::steady_clock::now();
  first.engine().stop();
  CHECK(std::chrono::steady_clock::now() - began < patience / 2);
  (void)unknown(std::move(waiting));
}

}  // namespace troupe::engine::test

// Which node serves an instance.
#include <algorithm>
#include <atomic>
#include <thread>

#include <catch2/catch_all.hpp>

#include "runtime/engine/ownership/members.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using troupe::test::eventually;

const auto alice = instance("example", "account", "alice");
const auto alices = Subject::events(alice);

EngineOptions quick(const std::string& node) {
  EngineOptions options;
  options.node = node;
  options.beat_interval = 10ms;
  options.suspect_after = 150ms;
  options.lease_ttl = 300ms;
  return options;
}

std::size_t slots_of(const Node& node) { return node.stats("example").slots.size(); }

/// How many slots n2 has in the end beside n1.
std::size_t share_of_second() {
  std::size_t share = 0;
  for (std::uint32_t slot = 0; slot < slots_default; ++slot)
    share += owner_of(slot, {"n1|", "n2|"}) == "n2|" ? 1U : 0U;
  return share;
}

/// An id whose slot the node owns.
Instance instance_at(const Node& node) {
  const auto slots = node.stats("example").slots;
  for (int i = 0;; ++i) {
    auto one = instance("example", "account", "a" + std::to_string(i));
    if (std::ranges::count(slots, slot_of(one, slots_default)) > 0) return one;
  }
}

}  // namespace

TEST_CASE("a node that is alone owns every slot as soon as it has started", "[engine][slots]") {
  World world;
  Node node(world, {model_of<Bank>()}, quick("n1"));
  CHECK(slots_of(node) == slots_default);
  (void)accepted(node.send(command_to(alice, deposit(1))));
  const auto commit = parsed(world.commits(alices).front());
  CHECK(commit.node() == "n1");
  CHECK(commit.epoch() != 0);
}

TEST_CASE("a node that joins is handed its share, and commands find their owner from any node",
          "[engine][slots]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick("n1"));
  (void)accepted(first.send(command_to(alice, deposit(1))));
  Node second(world, {model_of<Bank>()}, quick("n2"));
  REQUIRE(eventually(patience, [&] { return slots_of(second) == share_of_second(); }));
  CHECK(slots_of(first) == slots_default - share_of_second());

  for (auto* node : {&first, &second})
    for (const auto* owner : {&first, &second})
      CHECK(accepted(node->send(command_to(instance_at(*owner), deposit(1)))).last_version > 0);
  CHECK(accepted(second.send(command_to(alice, deposit(1)))).first_version == 2);
}

TEST_CASE("commands that are repeated pass through a hand-over and a stop without a loss",
          "[engine][slots]") {
  World world;
  auto first = std::make_unique<Node>(world, std::vector{model_of<Bank>()}, quick("n1"));
  Node second(world, {model_of<Bank>()}, quick("n2"));
  std::atomic<bool> over = false;
  std::uint64_t done = 0;
  std::thread client([&] {
    while (!over) {
      const auto command = command_to(alice, deposit(1));
      REQUIRE(eventually(
          patience, [&] { return std::holds_alternative<Accepted>(get(second.send(command))); }));
      ++done;
    }
  });
  CHECK(eventually(patience, [&] { return slots_of(second) > 16; }));
  first.reset();
  CHECK(eventually(patience, [&] { return slots_of(second) == slots_default; }));
  over = true;
  client.join();
  CHECK(world.commits(alices).size() == done);
  CHECK(second.stats("example").conflicts == 0);
}

TEST_CASE("a node that stops leaves its slots to the next one at once", "[engine][slots]") {
  World world;
  auto options = quick("n1");
  options.suspect_after = 1h;  // nobody is ever taken for dead
  { Node first(world, {model_of<Bank>()}, options); }
  options.node = "n2";
  Node second(world, {model_of<Bank>()}, options);
  CHECK(slots_of(second) == slots_default);
}

TEST_CASE("a node that falls silent loses its slots to the others", "[engine][slots]") {
  World world;
  auto options = quick("n1");
  options.beat_interval = 1h;  // beats once
  Node silent(world, {model_of<Bank>()}, options);
  REQUIRE(slots_of(silent) == slots_default);
  (void)accepted(silent.send(command_to(alice, deposit(10))));

  Node other(world, {model_of<Bank>()}, quick("n2"));
  REQUIRE(eventually(patience, [&] { return slots_of(other) == slots_default; }));
  CHECK(eventually(patience, [&] { return slots_of(silent) == 0; }));
  CHECK(eventually(patience, [&] { return silent.stats("example").instances == 0; }));
  CHECK(accepted(silent.send(command_to(alice, withdraw(10)))).first_version == 2);
  CHECK(other.stats("example").commits == 1);
}

TEST_CASE("while the store of leases is away owners keep serving and nobody takes over",
          "[engine][slots]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick("n1"));
  Node second(world, {model_of<Bank>()}, quick("n2"));
  REQUIRE(eventually(patience, [&] { return slots_of(second) == share_of_second(); }));
  const auto before = second.stats("example").slots;
  world.lease_table->set_available(false);
  const auto much_later = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < much_later)
    (void)accepted(first.send(command_to(instance_at(second), deposit(1))));
  world.lease_table->lose_everything();
  world.lease_table->set_available(true);
  const auto after_that = std::chrono::steady_clock::now() + 500ms;
  while (std::chrono::steady_clock::now() < after_that)
    (void)accepted(first.send(command_to(instance_at(second), deposit(1))));
  CHECK(second.stats("example").slots == before);
}

TEST_CASE("without the store of leases a node serves what it holds, on fresh reads",
          "[engine][slots]") {
  World world;
  Node node(world, {model_of<Bank>()}, quick("n1"));
  CHECK(rejected(node.send(command_to(alice, withdraw(5)))).decided_at == 0);
  world.lease_table->set_available(false);
  const auto expired = std::chrono::steady_clock::now() + 200ms;
  REQUIRE(eventually(patience, [&] { return std::chrono::steady_clock::now() > expired; }));
  Rival rival(world, {model_of<Bank>()});  // took over meanwhile, and has written
  (void)accepted(rival.send(command_to(alice, deposit(5))));

  // By what it has in memory it would refuse.
  CHECK(accepted(node.send(command_to(alice, withdraw(5)))).first_version == 2);
  CHECK(node.says(condition::leases_not_renewed).find("cannot be renewed") != std::string::npos);
}

TEST_CASE("a node with another number of slots owns nothing and says so", "[engine][slots]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick("n1"));
  auto options = quick("n2");
  options.slots = 32;
  Node other(world, {model_of<Bank>()}, options);
  CHECK(eventually(patience, [&] {
    return other.says(condition::slots_differ).find("set cluster.slots = 64") != std::string::npos;
  }));
  CHECK(slots_of(other) == 0);
  CHECK(eventually(patience, [&] { return first.conditions().all().empty(); }));
}

TEST_CASE("a node that lost a slot does not call refused what the new owner may have got, too",
          "[engine][slots]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick("n1"));
  Node second(world, {model_of<Bank>()}, quick("n2"));
  REQUIRE(eventually(patience, [&] { return slots_of(second) == share_of_second(); }));
  auto command = command_to(instance_at(second), deposit(1));
  command.forwarded = true;
  (void)unknown(first.send(command));
  CHECK(accepted(second.send(command)).first_version == 1);
}

TEST_CASE("two nodes of one name say so", "[engine][slots]") {
  World world;
  Node first(world, {model_of<Bank>()}, quick("n1"));
  Node second(world, {model_of<Bank>()}, quick("n1"));
  for (const auto* node : {&first, &second})
    CHECK(eventually(patience, [&] {
      return node->says(condition::name_taken).starts_with("another node is named n1");
    }));
}

TEST_CASE("a node stops although an instance waits for an answer of the log", "[engine][slots]") {
  World world;
  auto options = quick("n1");
  options.stop_patience = 50ms;
  options.hand_over_patience = 50ms;
  Node first(world, {model_of<Bank>()}, options);
  world.broker.fail_next_append(memory::AppendFault::held);
  auto waiting = first.send(command_to(alice, deposit(10)));
  const auto began = std::chrono::steady_clock::now();
  first.engine().stop();
  CHECK(std::chrono::steady_clock::now() - began < patience / 2);
  (void)unknown(std::move(waiting));
}

}  // namespace troupe::engine::test

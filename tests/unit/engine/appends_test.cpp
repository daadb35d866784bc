// Appends whose outcome is not clear: every conflict and every unknown is read back before anybody
// is answered.
#include <catch2/catch_all.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using memory::AppendFault;
using troupe::test::eventually;
using namespace std::chrono_literals;

const auto alice = instance("example", "account", "alice");
const auto alices = Subject::events(alice);

Command due_in(std::chrono::milliseconds time, Command command) {
  command.deadline = std::chrono::steady_clock::now() + time;
  return command;
}

std::int64_t balance(World& world) {
  std::int64_t cents = 0;
  for (const auto& stored : world.commits(alices)) {
    const auto commit = parsed(stored);
    for (const auto& event : commit.events()) {
      v1::MoneyDeposited deposited;
      v1::MoneyWithdrawn withdrawn;
      if (event.UnpackTo(&deposited)) cents += deposited.cents();
      if (event.UnpackTo(&withdrawn)) cents -= withdrawn.cents();
    }
  }
  return cents;
}

/// Pushes others out of memory that is bounded to one instance for each slot.
EngineOptions crowded() {
  EngineOptions options;
  options.instances_max = slots_default;
  return options;
}
void crowd(Node& node) {
  for (int i = 0; i < 300; ++i)
    (void)accepted(
        node.send(command_to(instance("example", "account", "a" + std::to_string(i)), deposit(1))));
}

/// Never sure of what it owns.
EngineOptions uncertain() {
  EngineOptions options;
  options.suspect_after = 0ms;
  return options;
}

EngineOptions soon_idle() {
  EngineOptions options;
  options.idle_after = 20ms;
  return options;
}

}  // namespace

TEST_CASE("a command decided on what another node has overtaken is decided again", "[engine]") {
  World world;
  Node here(world, {model_of<Bank>()});
  (void)accepted(here.send(command_to(alice, deposit(50))));
  Rival there(world, {model_of<Bank>()});
  REQUIRE(accepted(there.send(command_to(alice, withdraw(40)))).first_version == 2);

  const auto second = accepted(here.send(command_to(alice, deposit(5))));

  CHECK(second.first_version == 3);
  CHECK(here.stats("example").conflicts == 1);
  CHECK(balance(world) == 15);
  const auto refused = rejected(here.send(command_to(alice, withdraw(16))));
  CHECK(refused.code == RejectionCode::refused);
  CHECK(refused.decided_at == 3);
}

TEST_CASE("an append that never arrived is made once more", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::lost);

  const auto answer = accepted(node.send(command_to(alice, deposit(50))));

  CHECK(answer.first_version == 1);
  CHECK_FALSE(answer.duplicate);
  CHECK(world.commits(alices).size() == 1);
  CHECK(node.stats("example").unknowns == 1);
}

TEST_CASE("an append whose answer was lost is found in the log, not made again", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::answer_lost);

  const auto answer = accepted(node.send(command_to(alice, deposit(50))));

  CHECK(answer.first_version == 1);
  CHECK_FALSE(answer.duplicate);
  const auto stored = world.commits(alices);
  REQUIRE(stored.size() == 1);
  CHECK(answer.sequence == stored.front().sequence);
}

TEST_CASE("an append that arrives after it was made again has one effect", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::late);

  const auto answer = accepted(node.send(command_to(alice, deposit(50))));
  world.broker.release_appends();
  world.broker.settle();

  CHECK(world.commits(alices).size() == 1);
  CHECK(accepted(node.send(command_to(alice, withdraw(50)))).first_version == 2);
  CHECK(balance(world) == 0);
}

TEST_CASE("somebody else's append in flight is waited for", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  for (int i = 0; i < 4; ++i) world.broker.fail_next_append(AppendFault::in_flight);

  CHECK(accepted(node.send(command_to(alice, deposit(50)))).first_version == 1);
  CHECK(node.stats("example").conflicts == 4);
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("an append without an answer at the deadline is unknown, and a repeat finds it",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::held);
  const auto command = command_to(alice, deposit(50));

  (void)unknown(node.send(due_in(50ms, command)));

  auto again = node.send(command);
  world.broker.release_appends();
  const auto found = accepted(std::move(again));
  CHECK(found.first_version == 1);
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("a batch in doubt is never contradicted by a later answer", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  // The withdrawal stands on the deposit before it in the same append, which is late.
  world.broker.fail_next_append(AppendFault::held);
  auto first = node.send(command_to(alice, deposit(1)));
  for (int i = 0; i < 200; ++i) world.broker.fail_next_append(AppendFault::late);
  auto big = node.send(due_in(100ms, command_to(alice, deposit(50))));
  auto small = node.send(command_to(alice, withdraw(51)));
  std::vector<std::future<Outcome>> waiting;
  waiting.push_back(std::move(first));
  release_until_answered(world, waiting);
  (void)accepted(std::move(waiting.front()));
  (void)get(std::move(big));
  waiting.front() = std::move(small);
  release_until_answered(world, waiting);

  CHECK(std::holds_alternative<Accepted>(get(std::move(waiting.back()))));
  CHECK(balance(world) == 0);
}

TEST_CASE("a log that cannot be read in time means that nothing was sent", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.set_available(false);

  CHECK(rejected(node.send(due_in(60ms, command_to(alice, deposit(50))))).code
        == RejectionCode::unavailable);

  world.broker.set_available(true);
  CHECK(accepted(node.send(command_to(alice, deposit(50)))).first_version == 1);
}

TEST_CASE("a log that went away under an append makes it unknown, and nothing is lost or doubled",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  world.broker.set_available(false);
  const auto command = command_to(alice, deposit(50));

  (void)unknown(node.send(due_in(60ms, command)));

  world.broker.set_available(true);
  CHECK(accepted(node.send(command)).last_version == 2);
  CHECK(balance(world) == 51);
}

TEST_CASE("a command that comes after its deadline is not started", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)unknown(node.send(due_in(-1ms, command_to(alice, deposit(50)))));
  CHECK(world.commits(alices).empty());
}

TEST_CASE("an instance stays in memory while an append of it is under way, whoever waits",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, crowded());
  world.broker.fail_next_append(AppendFault::held, alices);
  (void)unknown(node.send(due_in(50ms, command_to(alice, deposit(50)))));
  crowd(node);

  auto behind = node.send(command_to(alice, withdraw(50)));
  world.broker.settle();
  CHECK(behind.wait_for(0ms) == std::future_status::timeout);  // not refused on the state before
  world.broker.release_appends();
  CHECK(accepted(std::move(behind)).first_version == 2);
}

TEST_CASE("an idle instance learns what became of its append before it leaves memory", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, soon_idle());
  (void)accepted(node.send(command_to(alice, deposit(1))));
  world.broker.fail_next_append(AppendFault::held, alices);
  auto second = node.send(due_in(100ms, command_to(alice, deposit(50))));
  world.broker.set_available(false);
  world.broker.release_appends();
  (void)unknown(std::move(second));

  world.broker.set_available(true);
  CHECK(eventually(patience, [&] { return node.stats("example").instances == 0; }));
  CHECK(balance(world) == 51);
}

TEST_CASE("who is not sure to own an instance reads before each answer, also after a doubt",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, uncertain());
  Rival rival(world, {model_of<Bank>()});
  SECTION("of an append whose answer was lost") {
    world.broker.fail_next_append(AppendFault::answer_lost, alices);
  }
  SECTION("of an append that was made again") {
    world.broker.fail_next_append(AppendFault::lost, alices);
  }
  SECTION("of an append that somebody else's was in the way of") {
    world.broker.fail_next_append(AppendFault::in_flight, alices);
  }
  (void)accepted(node.send(command_to(alice, deposit(5))));
  (void)accepted(rival.send(command_to(alice, deposit(50))));
  CHECK(accepted(node.send(command_to(alice, withdraw(55)))).first_version == 3);
}

TEST_CASE("who is not sure to own an instance reads before each answer, also when it has just read",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()}, uncertain());
  Rival rival(world, {model_of<Bank>()});
  std::promise<void> reached;
  std::promise<void> go_on;
  world.broker.worker().post([&] {  // what is asked meanwhile is read when its client has gone
    reached.set_value();
    go_on.get_future().wait();
  });
  reached.get_future().wait();
  (void)rejected(node.send(due_in(20ms, command_to(alice, deposit(5)))));
  go_on.set_value();
  world.broker.settle();
  (void)accepted(rival.send(command_to(alice, deposit(50))));
  CHECK(accepted(node.send(command_to(alice, withdraw(50)))).first_version == 2);
}

TEST_CASE("a command whose events the log refuses is answered in its words, and others go on",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  world.broker.fail_next_append(AppendFault::refused);
  const auto command = command_to(alice, deposit(50));

  const auto refused = rejected(node.send(command));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK(refused.text.find("maximum messages exceeded") != std::string::npos);
  CHECK(node.stats("example").refusals == 1);
  CHECK(accepted(node.send(command_to(alice, deposit(2)))).first_version == 2);
  CHECK_FALSE(accepted(node.send(command)).duplicate);
  CHECK(balance(world) == 53);
}

TEST_CASE("of the commands that share an append only those that the log refuses are refused",
          "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto note = instance("example", "note", "n");
  google::protobuf::StringValue small;
  google::protobuf::StringValue large;
  small.set_value("small");
  large.set_value(std::string(100'000, 'x'));
  world.broker.set_message_bytes_max(50'000);
  world.broker.fail_next_append(AppendFault::held);
  std::vector<std::future<Outcome>> waiting;
  waiting.push_back(node.send(command_to(note, small)));
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(node.send(command_to(note, small)));
    waiting.push_back(node.send(command_to(note, large)));
  }
  release_until_answered(world, waiting);

  std::uint64_t version = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (i == 0 || i % 2 == 1) {
      CHECK(accepted(std::move(waiting[i])).first_version == ++version);
    } else {
      const auto refused = rejected(std::move(waiting[i]));
      CHECK(refused.code == RejectionCode::too_large);
      CHECK(refused.decided_at == version);
    }
  }
  CHECK(world.commits(Subject::events(note)).size() == version);
}

TEST_CASE("a refusal says nothing about an earlier try that may still arrive", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto earlier = GENERATE(AppendFault::lost, AppendFault::late);
  world.broker.fail_next_append(earlier);
  world.broker.fail_next_append(AppendFault::refused);
  const auto command = command_to(alice, deposit(50));

  const auto answer = unknown(node.send(command));
  CHECK(answer.text.find("maximum messages exceeded") != std::string::npos);
  world.broker.release_appends();
  world.broker.settle();
  CHECK(accepted(node.send(command)).first_version == 1);
  CHECK(accepted(node.send(command_to(alice, withdraw(50)))).first_version == 2);
  CHECK(balance(world) == 0);
}

TEST_CASE("commands that wait for one instance share an append", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::held);
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 501; ++i) waiting.push_back(node.send(command_to(alice, deposit(1))));
  auto refused = node.send(command_to(alice, withdraw(502)));
  const auto repeated = command_to(alice, deposit(2), "twice");
  auto once = node.send(repeated);
  auto twice = node.send(repeated);
  release_until_answered(world, waiting);
  const auto first = accepted(std::move(once));
  const auto second = accepted(std::move(twice));

  std::uint64_t version = 0;
  const auto stored = world.commits(alices);
  for (auto& one : waiting) {
    const auto answer = accepted(std::move(one));
    CHECK(answer.first_version == ++version);
    CHECK(answer.sequence == stored.at(version - 1).sequence);
  }
  CHECK(rejected(std::move(refused)).decided_at == 501);
  CHECK_FALSE(first.duplicate);
  CHECK(second.duplicate);
  CHECK(second.sequence == first.sequence);
  CHECK(first.sequence == stored.back().sequence);
  CHECK(balance(world) == 503);
}

TEST_CASE("a batch that meets a conflict is decided again as a whole", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  world.broker.fail_next_append(AppendFault::held);
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(node.send(command_to(alice, deposit(1))));
  world.broker.fail_next_append(AppendFault::answer_lost);
  release_until_answered(world, waiting);

  for (auto& one : waiting) CHECK_FALSE(accepted(std::move(one)).duplicate);
  CHECK(world.commits(alices).size() == 20);
}

}  // namespace troupe::engine::test

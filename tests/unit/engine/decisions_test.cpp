// What an instance answers: accepted, rejected, nothing; repeats, expectations, bounds.
#include <catch2/catch_all.hpp>

#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

const auto alice = instance("example", "account", "alice");

struct OnlyDeposits {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account>;
  using Public = troupe::Public<v1::DepositMoney>;
};

struct NothingPublic {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account>;
};

}  // namespace

TEST_CASE("an accepted command's events are one commit in the log", "[engine]") {
  World world;
  EngineOptions options;
  options.node = "node-1";
  Node node(world, {model_of<Bank>()}, options);

  auto command = command_to(alice, deposit(80), "first");
  command.correlation_id = "journey";
  command.causation_id = "evt.shop.order.1@3";
  command.internal = true;
  const auto first = accepted(node.send(command));
  const auto second = accepted(node.send(command_to(alice, withdraw(30), "second")));

  CHECK(first.first_version == 1);
  CHECK(first.last_version == 1);
  CHECK(first.stream == "EVT_EXAMPLE");
  CHECK_FALSE(first.duplicate);
  CHECK(second.first_version == 2);
  const auto stored = world.commits(Subject::events(alice));
  REQUIRE(stored.size() == 2);
  CHECK(stored[0].sequence == first.sequence);
  CHECK(stored[1].sequence == second.sequence);
  const auto commit = parsed(stored[0]);
  CHECK(commit.context() == "example");
  CHECK(commit.aggregate() == "account");
  CHECK(commit.id() == "alice");
  CHECK(commit.first_version() == 1);
  CHECK(commit.command_id() == "first");
  CHECK(commit.command_type() == "DepositMoney");
  CHECK(commit.command_hash() == command.hash);
  CHECK(commit.correlation_id() == "journey");
  CHECK(commit.causation_id() == "evt.shop.order.1@3");
  CHECK(commit.node() == "node-1");
  CHECK(commit.previous_hash().empty());
  CHECK(commit.events(0).Is<v1::MoneyDeposited>());
  CHECK(parsed(stored[1]).previous_hash() == sha256(stored[0].bytes));
  CHECK(parsed(stored[1]).correlation_id() == "second");
}

TEST_CASE("a refusal by the domain names its code and the version it was decided on", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(10))));

  const auto refused = rejected(node.send(command_to(alice, withdraw(11))));

  CHECK(refused.code == RejectionCode::refused);
  CHECK(refused.reason == "account.insufficient_funds");
  CHECK(refused.decided_at == 1);
  CHECK(world.commits(Subject::events(alice)).size() == 1);
}

TEST_CASE("a command that changes nothing is accepted without versions", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});

  const auto nothing_happened = accepted(node.send(command_to(alice, deposit(0))));

  CHECK(nothing_happened.first_version == 0);
  CHECK(nothing_happened.last_version == 0);
  CHECK(world.commits(Subject::events(alice)).empty());
}

TEST_CASE("a repeat gets the first answer, whatever it expects now", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto command = command_to(alice, deposit(5));
  command.expected_version = 0;
  const auto first = accepted(node.send(command));

  const auto again = accepted(node.send(command));

  CHECK(again.duplicate);
  CHECK(again.first_version == first.first_version);
  CHECK(again.last_version == first.last_version);
  CHECK(again.sequence == first.sequence);
  CHECK(world.commits(Subject::events(alice)).size() == 1);
}

TEST_CASE("a command of the future is refused, whatever it says of its cause", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto command = command_to(instance("example", "account", "alice"), deposit(1));
  command.issued_at = world.clock.now() + std::chrono::hours(24);
  const auto refused = rejected(node.send(command));
  CHECK(refused.code == RejectionCode::malformed);
  CHECK(refused.text.find("issued in the future") != std::string::npos);

  command.causation_id = "evt.example.account.bob@1";
  CHECK(rejected(node.send(command)).code == RejectionCode::malformed);
  command.issued_at = latest_time;
  CHECK(rejected(node.send(command)).code == RejectionCode::malformed);
  command.forwarded = true;
  CHECK(rejected(node.send(command)).code == RejectionCode::malformed);
}

TEST_CASE("one id with two bodies is a conflict", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(5), "same")));

  CHECK(rejected(node.send(command_to(alice, deposit(6), "same"))).code == RejectionCode::conflict);
}

TEST_CASE("a client's command has no cause, whatever it says", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto command = command_to(alice, deposit(5));
  command.causation_id = "evt.shop.order.1@3";
  (void)accepted(node.send(command));
  CHECK(parsed(world.commits(Subject::events(alice)).front()).causation_id().empty());
}

TEST_CASE("no client can take the id of what an event asks for", "[engine]") {
  World world;
  const auto taken = command_to(alice, deposit(5), "known-to-all");
  auto asked = command_to(alice, deposit(6), "known-to-all");
  asked.internal = true;
  asked.causation_id = "evt.shop.order.1@3";
  const auto check_repeats = [&](Node& node) {
    for (const auto& [command, version] : {std::pair{taken, 1U}, std::pair{asked, 2U}}) {
      const auto again = accepted(node.send(command));
      CHECK(again.duplicate);
      CHECK(again.first_version == version);
    }
  };
  {
    Node node(world, {model_of<Bank>()});
    CHECK(accepted(node.send(taken)).first_version == 1);
    CHECK(accepted(node.send(asked)).first_version == 2);
    check_repeats(node);
  }
  Node from_snapshot(world, {model_of<Bank>()});
  check_repeats(from_snapshot);
  world.snapshots.lose_everything();
  Node from_log(world, {model_of<Bank>()});
  check_repeats(from_log);
}

TEST_CASE("what an event asks for names that event", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto command = command_to(alice, deposit(5));
  command.internal = true;
  CHECK(rejected(node.send(command)).code == RejectionCode::malformed);
}

TEST_CASE("an expected version that is not the current one is a conflict", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(5))));
  auto stale = command_to(alice, deposit(6));
  stale.expected_version = 0;
  auto right = command_to(alice, deposit(7));
  right.expected_version = 1;

  const auto refused = rejected(node.send(stale));
  CHECK(refused.code == RejectionCode::conflict);
  CHECK(refused.decided_at == 1);
  CHECK(accepted(node.send(right)).first_version == 2);
}

TEST_CASE("clients may send what the context says is public, events ask for all", "[engine]") {
  World world;
  Node node(world, {model_of<OnlyDeposits>()});
  (void)accepted(node.send(command_to(alice, deposit(5))));
  auto withdrawal = command_to(alice, withdraw(1));
  withdrawal.causation_id = "evt.example.account.bob@1";  // which anybody can say
  const auto refused = rejected(node.send(withdrawal));
  CHECK(refused.code == RejectionCode::forbidden);
  CHECK_THAT(refused.text, Catch::Matchers::ContainsSubstring("WithdrawMoney"));
  CHECK(world.commits(Subject::events(alice)).size() == 1);

  withdrawal.internal = true;
  CHECK(accepted(node.send(withdrawal)).first_version == 2);
}

TEST_CASE("a context that says nothing has no public commands", "[engine]") {
  World world;
  Node node(world, {model_of<NothingPublic>()});
  CHECK(rejected(node.send(command_to(alice, deposit(5)))).code == RejectionCode::forbidden);
}

TEST_CASE("what no instance can take is rejected at once", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto illegal_id = command_to(alice, deposit(1));
  illegal_id.id = "two words";
  auto wrong_body = command_to(alice, deposit(1));
  wrong_body.type = "WithdrawMoney";
  auto wrong_type = command_to(alice, deposit(1));
  wrong_type.type = "RobBank";

  CHECK(rejected(node.send(illegal_id)).code == RejectionCode::malformed);
  CHECK(rejected(node.send(wrong_body)).code == RejectionCode::malformed);
  CHECK(rejected(node.send(wrong_type)).code == RejectionCode::not_found);
  CHECK(rejected(node.send(command_to(instance("other", "account", "a"), deposit(1)))).code
        == RejectionCode::not_found);
  CHECK(rejected(node.send(command_to(instance("example", "vault", "a"), deposit(1)))).code
        == RejectionCode::not_found);
}

TEST_CASE("a commit that is too large is rejected before it is sent", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto note = instance("example", "note", "n");
  google::protobuf::StringValue text;
  text.set_value(std::string(600 * 1'024, 'x'));

  CHECK(rejected(node.send(command_to(note, text))).code == RejectionCode::too_large);

  text.set_value("short");
  CHECK(accepted(node.send(command_to(note, text))).first_version == 1);
}

TEST_CASE("too many commands for one instance or one node are rejected at once", "[engine]") {
  World world;
  EngineOptions options;
  options.in_flight_per_instance_max = 3;
  options.in_flight_max = 5;
  options.snapshot_min = 1'000;
  Node node(world, {model_of<Bank>()}, options);
  world.broker.fail_next_append(memory::AppendFault::held, Subject::events(alice));
  std::vector<std::future<Outcome>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(node.send(command_to(alice, deposit(1))));

  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::overloaded);

  const auto bob = instance("example", "account", "bob");
  world.broker.fail_next_append(memory::AppendFault::held, Subject::events(bob));
  for (int i = 0; i < 2; ++i) waiting.push_back(node.send(command_to(bob, deposit(1))));
  const auto carol = instance("example", "account", "carol");
  CHECK(rejected(node.send(command_to(carol, deposit(1)))).code == RejectionCode::overloaded);

  release_until_answered(world, waiting);
  for (auto& one : waiting) CHECK(accepted(std::move(one)).first_version != 0);
  CHECK(accepted(node.send(command_to(carol, deposit(1)))).first_version == 1);
}

TEST_CASE("a node that does not run sends nothing", "[engine]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  node.engine().stop();

  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  CHECK(world.commits(Subject::events(alice)).size() == 1);
}

}  // namespace troupe::engine::test

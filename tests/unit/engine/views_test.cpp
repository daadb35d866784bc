// Views follow the stream, exactly once in effect, and queries wait for them.
#include <catch2/catch_all.hpp>

#include "runtime/engine/views/projector.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using google::protobuf::StringValue;
using troupe::test::eventually;

const auto alice = instance("example", "account", "alice");
const auto bob = instance("example", "account", "bob");
const ViewName balances{*Token::parse("example"), *Token::parse("balances")};

QueryCall balance_of(std::string_view id, std::optional<Position> at_least = {}) {
  auto question = std::make_shared<StringValue>();
  question->set_value(std::string(id));
  return {.context = *Token::parse("example"),
          .query = "StringValue",
          .question = std::move(question),
          .at_least = std::move(at_least),
          .deadline = std::chrono::steady_clock::now() + patience};
}

Position position(const Accepted& answer) { return {answer.stream, answer.sequence}; }

/// Deposits one cent after the other.
Position deposit_to(Node& node, int count, const Instance& account = alice) {
  Position last;
  for (int i = 0; i < count; ++i)
    last = position(accepted(node.send(command_to(account, deposit(1)))));
  return last;
}

std::int64_t cents(const QueryOutcome& outcome) {
  return dynamic_cast<const v1::AccountState&>(*outcome.reply).balance_cents();
}

/// Adds up bob's balance and somebody's, and lets something happen in between.
struct BothBalances : Query {
  using Question = StringValue;
  using Reply = v1::AccountState;
  static inline std::function<void()> between;

  static Answer<Reply> answer(const Question& question, const Views& views) {
    auto sum = views.get<Balances>(question.value());
    if (between) between();
    const auto bobs = views.get<Balances>("bob");
    if (!sum) return Miss{"account.unknown"};
    if (bobs) sum->set_balance_cents(sum->balance_cents() + bobs->balance_cents());
    return *sum;
  }
};

struct TwoReads {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Balances, BothBalances>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

}  // namespace

TEST_CASE("a query that carries the place of a write sees it", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  for (std::int64_t i = 1; i <= 50; ++i) {
    const auto written = accepted(node.send(command_to(alice, deposit(2))));
    const auto outcome = get(node.ask(balance_of("alice", position(written))));
    REQUIRE(outcome.code == 200);
    CHECK(cents(outcome) == 2 * i);
    CHECK(outcome.position.stream == "EVT_EXAMPLE");
    CHECK(outcome.position.sequence >= written.sequence);
  }
}

TEST_CASE("a question without an answer is a miss with its code", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto outcome = get(node.ask(balance_of("nobody")));
  CHECK(outcome.code == 404);
  CHECK(outcome.reason == "account.unknown");
}

TEST_CASE("a place that is not reached in time is said so", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  auto question = balance_of("alice", Position{"EVT_EXAMPLE", 1'000});
  question.deadline = std::chrono::steady_clock::now() + 50ms;
  CHECK(get(node.ask(question)).code == 504);
  CHECK(get(node.ask(balance_of("alice", Position{"EVT_OTHER", 1}))).code == 400);
}

TEST_CASE("a store that is away is said so, and awaited by the views", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(2))));
  world.views.set_available(false);
  const auto written = accepted(node.send(command_to(alice, deposit(3))));
  CHECK(get(node.ask(balance_of("alice"))).code == 503);

  world.views.set_available(true);
  CHECK(cents(get(node.ask(balance_of("alice", position(written))))) == 5);
}

TEST_CASE("a view that was lost is built again by itself", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  Position last;
  for (int i = 0; i < 30; ++i) last = position(accepted(node.send(command_to(alice, deposit(1)))));
  REQUIRE(cents(get(node.ask(balance_of("alice", last)))) == 30);
  world.views.lose_everything();

  CHECK(eventually(patience, [&] {
    const auto checkpoint = world.views.checkpoint(balances);
    return checkpoint && *checkpoint == last.sequence;
  }));
  CHECK(cents(get(node.ask(balance_of("alice", last)))) == 30);
  last = position(accepted(node.send(command_to(alice, deposit(1)))));
  CHECK(cents(get(node.ask(balance_of("alice", last)))) == 31);
}

TEST_CASE("a view that stands before a message answers what is before it, after a restart, too",
          "[engine][views]") {
  World world;
  {
    Node node(world, {model_of<Bank>()});
    REQUIRE(get(node.ask(balance_of("alice", deposit_to(node, 3)))).code == 200);
    REQUIRE(world.broker.publish("EVT_EXAMPLE", StoredSubject("evt.example.account.bob"), "x"));
    (void)deposit_to(node, 2);
  }
  Node keeper(world, {model_of<Bank>()});
  Node follower(world, {model_of<Bank>()}, {.node = "follower"});
  for (auto* asked : {&keeper, &follower}) {
    CHECK(eventually(patience, [&] { return get(asked->ask(balance_of("alice"))).code == 200; }));
    CHECK(cents(get(asked->ask(balance_of("alice")))) == 3);
  }
}

TEST_CASE("a view that is being rebuilt answers nothing, and says how far it is",
          "[engine][views]") {
  World world;
  auto node = std::make_unique<Node>(world, std::vector{model_of<Bank>()});
  Node follower(world, {model_of<Bank>()});
  const auto last = deposit_to(*node, 600);
  REQUIRE(get(follower.ask(balance_of("alice", last))).code == 200);
  constexpr std::uint64_t batch = Projector::batch_max;
  world.views.hold_at(batch);
  world.views.lose_everything();
  const auto all_say = [&](std::string_view sentence) {
    for (auto* asked : {node.get(), &follower})
      for (const auto* account : {"alice", "nobody"}) {
        const auto outcome = get(asked->ask(balance_of(account)));
        CHECK(outcome.code == 503);
        CHECK_THAT(outcome.text, ContainsSubstring("balances is being rebuilt, "));
        if (!sentence.empty()) CHECK(outcome.text == sentence);
      }
  };
  all_say("");
  REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == batch; }));
  all_say("balances is being rebuilt, 512 of 600");
  const auto both_remark = [&] {
    return eventually(patience, [&] {
      return node->says(condition::view_rebuilt, "example", "balances")
                 == "View example.balances is being rebuilt, 512 of 600"
             && !follower.says(condition::view_rebuilt, "example", "balances").empty();
    });
  };
  CHECK(both_remark());

  node = nullptr;
  node = std::make_unique<Node>(world, std::vector{model_of<Bank>()});  // has never seen it whole
  all_say("balances is being rebuilt, 512 of 600");

  world.views.hold_at(UINT64_MAX);
  for (auto* asked : {node.get(), &follower}) {
    REQUIRE(eventually(patience, [&] { return get(asked->ask(balance_of("alice"))).code == 200; }));
    CHECK(cents(get(asked->ask(balance_of("alice")))) == 600);
    CHECK(get(asked->ask(balance_of("nobody"))).code == 404);
    CHECK(eventually(patience, [&] {
      return asked->says(condition::view_rebuilt, "example", "balances").empty();
    }));
  }
}

TEST_CASE("a view that was lost is no miss before anybody noticed, with and without a place",
          "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto last = deposit_to(node, 1'300);
  REQUIRE(get(node.ask(balance_of("alice", last))).code == 200);
  world.views.hold_at(0);
  world.views.lose_everything();
  auto question = balance_of("alice", last);
  question.deadline = std::chrono::steady_clock::now() + 50ms;
  const auto placed = get(node.ask(question));
  CHECK((placed.code == 503 || placed.code == 504));
  const auto outcome = get(node.ask(balance_of("alice")));
  CHECK(outcome.code == 503);
  CHECK(outcome.text == "balances is being rebuilt, 0 of 1,300");
}

TEST_CASE("rows whose checkpoint was lost are not folded onto", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto last = deposit_to(node, 30);
  REQUIRE(cents(get(node.ask(balance_of("alice", last)))) == 30);
  world.views.lose_checkpoint(balances);
  REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == last.sequence; }));
  CHECK(cents(get(node.ask(balance_of("alice", last)))) == 30);
}

TEST_CASE("a row that cannot be read is an error, not a miss", "[engine][views]") {
  World world;
  Node node(world, {model_of<Bank>()});
  const auto last = deposit_to(node, 1);
  REQUIRE(get(node.ask(balance_of("alice", last))).code == 200);
  REQUIRE(world.views.apply(balances, last.sequence, last.sequence, {{"alice", "\xff"}}));
  const auto outcome = get(node.ask(balance_of("alice")));
  CHECK(outcome.code == 500);
  CHECK_THAT(outcome.text, ContainsSubstring("row alice of balances cannot be read"));
}

TEST_CASE("an answer made of several reads is as old as the oldest, and none when one was in doubt",
          "[engine][views]") {
  World world;
  Node node(world, {model_of<TwoReads>()});
  const auto last = deposit_to(node, 3);
  REQUIRE(get(node.ask(balance_of("alice", last))).code == 200);

  BothBalances::between = [&] {
    const auto then = deposit_to(node, 1, bob);
    (void)eventually(patience, [&] { return world.views.checkpoint(balances) == then.sequence; });
  };
  const auto moved_on = get(node.ask(balance_of("alice")));
  CHECK(moved_on.code == 200);
  CHECK(cents(moved_on) == 4);
  CHECK(moved_on.position.sequence == last.sequence);

  BothBalances::between = [&] {
    world.views.hold_at(0);
    world.views.lose_everything();
  };
  CHECK(get(node.ask(balance_of("alice"))).code == 503);
  BothBalances::between = nullptr;
}

TEST_CASE("two nodes that keep the same view count every event once", "[engine][views]") {
  World world;
  Node first(world, {model_of<Bank>()});
  Node second(world, {model_of<Bank>()});
  Position last;
  for (int i = 0; i < 200; ++i)
    last = position(accepted(first.send(command_to(alice, deposit(1)))));
  CHECK(cents(get(first.ask(balance_of("alice", last)))) == 200);
  CHECK(cents(get(second.ask(balance_of("alice", last)))) == 200);
}

TEST_CASE("a view whose checkpoint is beyond the stream stands still and says so",
          "[engine][views]") {
  World world;
  REQUIRE(world.views.apply(balances, 0, 99, {}));
  Node node(world, {model_of<Bank>()});
  const auto written = accepted(node.send(command_to(alice, deposit(1))));
  auto question = balance_of("alice", position(written));
  question.deadline = std::chrono::steady_clock::now() + 300ms;
  CHECK(get(node.ask(question)).code == 504);
  CHECK(*world.views.checkpoint(balances) == 99);
  CHECK_THAT(node.says(condition::view_stopped, "example", "balances"),
             Catch::Matchers::ContainsSubstring("example.balances has stopped"));
  // The checkpoint tells that the stream was longer once.
  REQUIRE(eventually(patience, [&] {
    return node.says(condition::log_went_back).find("has reached 99 before") != std::string::npos;
  }));
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
}

TEST_CASE("a view that has stopped goes on when what stopped it is over", "[engine][views]") {
  World world;
  {
    Node node(world, {model_of<Bank>()});
    (void)accepted(node.send(command_to(alice, deposit(1))));
    REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == 1U; }));
  }
  REQUIRE(world.views.apply(balances, 1, 1, {{"alice", "\xff"}}));
  Node node(world, {model_of<Bank>()});
  const auto last = position(accepted(node.send(command_to(alice, deposit(1)))));
  REQUIRE(eventually(patience, [&] {
    return !node.says(condition::view_stopped, "example", "balances").empty();
  }));
  REQUIRE(world.views.clear(balances));
  CHECK(cents(get(node.ask(balance_of("alice", last)))) == 2);
  CHECK(eventually(
      patience, [&] { return node.says(condition::view_stopped, "example", "balances").empty(); }));
}

TEST_CASE("too many waiting questions are refused at once", "[engine][views]") {
  World world;
  EngineOptions options;
  options.queries_waiting_max = 2;
  Node node(world, {model_of<Bank>()}, options);
  auto never = balance_of("alice", Position{"EVT_EXAMPLE", 1'000});
  auto first = node.ask(never);
  auto second = node.ask(never);
  CHECK(get(node.ask(balance_of("alice"))).code == 429);
  node.engine().stop();
  CHECK(get(std::move(first)).code == 503);
  CHECK(get(std::move(second)).code == 503);
}

}  // namespace troupe::engine::test

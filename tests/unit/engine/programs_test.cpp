// Two programs run one context, and each is asked for what only the other knows.
#include <catch2/catch_all.hpp>

#include "runtime/engine/declarations.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::test::eventually;

EngineOptions quick(const std::string& node) {
  EngineOptions options;
  options.node = node;
  options.beat_interval = 10ms;
  options.suspect_after = 150ms;
  options.lease_ttl = 300ms;
  return options;
}

/// The bank as it was before money could be withdrawn, notes be taken and balances be asked for.
ContextModel earlier_bank() {
  auto model = model_of<Bank>();
  std::erase_if(model.aggregates, [](const auto& one) { return one.name == Note::name; });
  model.aggregates.front().commands.erase("WithdrawMoney");
  model.queries.clear();
  return model;
}

google::protobuf::StringValue text(const std::string& value) {
  google::protobuf::StringValue text;
  text.set_value(value);
  return text;
}

QueryCall balance_of_alice() {
  return {.context = *Token::parse("example"),
          .query = "BalanceOf",
          .question = std::make_shared<google::protobuf::StringValue>(text("alice")),
          .at_least = {},
          .deadline = std::chrono::steady_clock::now() + patience};
}

Command withdraw_from(const Instance& account) { return command_to(account, withdraw(1)); }

const auto alice = instance("example", "account", "alice");
const auto note = instance("example", "note", "n-1");

/// Answers to what the earlier program does not know.
std::vector<Rejected> refusals(Node& earlier) {
  std::vector<Rejected> all{rejected(earlier.send(withdraw_from(alice))),
                            rejected(earlier.send(command_to(note, text("x"))))};
  const auto question = get(earlier.ask(balance_of_alice()));
  all.push_back({static_cast<RejectionCode>(question.code), question.text});
  return all;
}

bool all_are(const std::vector<Rejected>& refusals, RejectionCode code) {
  return std::ranges::all_of(refusals, [code](const auto& one) { return one.code == code; });
}

}  // namespace

TEST_CASE("programs: what nobody knows is not found, with its name and the context's",
          "[engine][programs]") {
  World world;
  Node first(world, {earlier_bank()}, quick("n1"));
  Node second(world, {earlier_bank()}, quick("n2"));
  REQUIRE(eventually(patience, [&] { return !first.engine().another_program_runs("example"); }));
  const auto all = refusals(first);
  CHECK(all_are(all, RejectionCode::not_found));
  CHECK(all[0].text == "account of example takes no command WithdrawMoney");
  CHECK(all[1].text == "example has no aggregate note");
  CHECK(all[2].text == "example has no query BalanceOf");
}

TEST_CASE("programs: what another program may know is to be repeated while that one runs",
          "[engine][programs]") {
  World world;
  Node earlier(world, {earlier_bank()}, quick("n1"));
  REQUIRE(all_are(refusals(earlier), RejectionCode::not_found));
  {
    Node later(world, {model_of<Bank>()}, quick("n2"));
    REQUIRE(eventually(patience,
                       [&] { return all_are(refusals(earlier), RejectionCode::unavailable); }));
    for (const auto& one : refusals(earlier)) CHECK_THAT(one.text, ContainsSubstring("repeat it"));
    CHECK(later.engine().another_program_runs("example"));
  }
  CHECK(eventually(patience, [&] { return all_are(refusals(earlier), RejectionCode::not_found); }));
}

TEST_CASE("programs: a command that the owner of its slot does not know is not refused for good",
          "[engine][programs]") {
  World world;
  Node earlier(world, {earlier_bank()}, quick("n1"));
  Node later(world, {model_of<Bank>()}, quick("n2"));
  const auto at = [&](const Node& owner) {
    const auto slots = owner.stats("example").slots;
    for (int i = 0;; ++i) {
      const auto one = instance("example", "account", "a" + std::to_string(i));
      if (std::ranges::count(slots, slot_of(one, slots_default)) > 0) return one;
    }
  };
  const auto refused = rejected(later.send(withdraw_from(at(earlier))));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK_THAT(refused.text, ContainsSubstring("repeat it"));
  REQUIRE(eventually(patience, [&] { return !later.stats("example").slots.empty(); }));
  CHECK(rejected(later.send(withdraw_from(at(later)))).code == RejectionCode::refused);
}

TEST_CASE("programs: those that know the same commands and queries have one vocabulary",
          "[engine][programs]") {
  const auto bank = vocabulary_of(model_of<Bank>());
  auto other = model_of<Bank>();
  std::ranges::reverse(other.aggregates);
  other.views.clear();
  CHECK(vocabulary_of(other) == bank);
  other.queries.clear();
  CHECK(vocabulary_of(other) != bank);
  other = model_of<Bank>();
  other.aggregates.front().commands.erase("WithdrawMoney");
  CHECK(vocabulary_of(other) != bank);
}

}  // namespace troupe::engine::test

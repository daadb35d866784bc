// A context is served only while its log is the one it was.
#include <catch2/catch_all.hpp>

#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::test::eventually;

const auto alice = instance("example", "account", "alice");
const auto bob = instance("example", "account", "bob");
const ViewName balances{*Token::parse("example"), *Token::parse("balances")};
constexpr const char* stream = "EVT_EXAMPLE";

bool alarmed(const Node& node) {
  return node.says(condition::log_went_back).starts_with("The log of example went back");
}

/// All of it: nothing that a view has to say is left over.
bool served(const Node& node) {
  return !alarmed(node) && node.says(condition::log_unchecked).empty()
         && node.says(condition::clocks_differ).empty()
         && node.says(condition::log_settings_weaker).empty()
         && node.says(condition::slots_unowned).empty()
         && node.says(condition::view_stopped, "example", "balances").empty();
}

/// Bob's, with an event that concerns nobody.
std::string some_commit(int number) {
  troupe::v1::Commit commit;
  commit.set_context(bob.context.str());
  commit.set_aggregate(bob.aggregate.str());
  commit.set_id(bob.id.str());
  commit.set_first_version(static_cast<std::uint64_t>(number));
  commit.add_events()->set_type_url("type.googleapis.com/nobody.v1.Event");
  return commit.SerializeAsString();
}

/// What an operator does.
void accept_stream(World& world, const std::string& name) {
  const auto facts = world.inspector.facts(name).value().value();
  REQUIRE(world.inspector.accept(name,
                                 {.created = facts.created,
                                  .last_sequence = facts.last_sequence,
                                  .accepted_at = world.clock.now() + 1ms,
                                  .accepted_by = "an operator",
                                  .missing = facts.missing},
                                 StreamInspector::Record::next));
}
void accept_log(World& world) {
  REQUIRE(world.views.clear(balances));
  accept_stream(world, stream);
}

/// Deposits of 1 to alice; returns when the guard has marked the last one.
void deposit_and_mark(World& world, Node& node, int count) {
  std::uint64_t last = 0;
  for (int i = 0; i < count; ++i)
    last = accepted(node.send(command_to(alice, deposit(1)))).sequence;
  REQUIRE(eventually(patience, [&] {
    const auto mark = world.marks.find(alice.context, stream).value();
    return mark && mark->sequence == last;
  }));
}

}  // namespace

TEST_CASE("a log that went back is not served until it is accepted", "[engine][log_guard]") {
  World world;
  Node node(world, {model_of<Bank>()});
  deposit_and_mark(world, node, 3);
  std::string says;
  SECTION("its tail was lost") {
    world.broker.lose_tail(alice.context, 2);
    says = "ends at sequence 1, but has reached 3 before";
  }
  SECTION("its tail was lost and other commits have its sequences") {
    world.broker.lose_tail(alice.context, 2);
    for (int i = 0; i < 3; ++i)
      REQUIRE(world.broker.publish(stream, Subject::events(bob), some_commit(i + 1)));
    says = "has another message 3 than before";
  }
  SECTION("it was created anew") {
    world.broker.recreate(alice.context);
    says = "was created anew";
  }
  SECTION("a bit was flipped") {
    world.broker.flip_bit(alice.context, 3);
    says = "has another message 3 than before";
  }
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));
  const auto alarm = node.says(condition::log_went_back);
  CHECK_THAT(alarm, ContainsSubstring("stream EVT_EXAMPLE " + says));
  CHECK_THAT(alarm, ContainsSubstring("accept-log --context example"));

  const auto refused = rejected(node.send(command_to(bob, deposit(1))));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK(refused.text == alarm);
  world.broker.set_connected(false);
  world.broker.set_connected(true);
  CHECK(rejected(node.send(command_to(bob, deposit(1)))).code == RejectionCode::unavailable);
  CHECK(alarmed(node));

  accept_log(world);
  REQUIRE(eventually(patience, [&] { return served(node); }));
  const auto carol = instance("example", "account", "carol");
  CHECK(accepted(node.send(command_to(carol, deposit(1)))).first_version == 1);
}

TEST_CASE("instances and views are what the accepted log says", "[engine][log_guard]") {
  World world;
  Node node(world, {model_of<Bank>()});
  deposit_and_mark(world, node, 3);
  REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == 3U; }));
  world.broker.lose_tail(alice.context, 2);
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));
  accept_log(world);
  REQUIRE(eventually(patience, [&] { return served(node); }));

  CHECK(rejected(node.send(command_to(alice, withdraw(2)))).code == RejectionCode::refused);
  CHECK(accepted(node.send(command_to(alice, deposit(4)))).first_version == 2);
  REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == 2U; }));
  v1::AccountState row;
  REQUIRE(row.ParseFromString(world.views.all(balances).value().rows.at("alice")));
  CHECK(row.balance_cents() == 5);
}

TEST_CASE("after a lost connection nothing is served before the log was looked at",
          "[engine][log_guard]") {
  World world;
  Node node(world, {model_of<Bank>()});
  deposit_and_mark(world, node, 2);
  for (int i = 0; i < 20; ++i) {
    world.broker.set_available(false);
    world.broker.set_connected(false);
    CHECK(rejected(node.send(command_to(bob, deposit(1)))).code == RejectionCode::unavailable);
    world.broker.set_available(true);
    world.broker.set_connected(true);
    REQUIRE(eventually(patience, [&] { return node.says(condition::log_unchecked).empty(); }));
    (void)accepted(node.send(command_to(alice, deposit(1))));
  }
  world.broker.set_connected(false);
  world.broker.lose_tail(alice.context, 1);  // acknowledged, and perhaps never marked
  world.broker.set_connected(true);
  CHECK(rejected(node.send(command_to(bob, deposit(1)))).code == RejectionCode::unavailable);
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));
  CHECK(world.commits(Subject::events(bob)).empty());
}

TEST_CASE("a log that nobody answers for is waited for without an alarm", "[engine][log_guard]") {
  World world;
  world.broker.set_available(false);
  Node node(world, {model_of<Bank>()});
  CHECK_THAT(node.says(condition::log_unchecked), ContainsSubstring("not known whether"));
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  CHECK_FALSE(alarmed(node));
  world.broker.set_available(true);
  REQUIRE(eventually(patience, [&] { return node.says(condition::log_unchecked).empty(); }));
  (void)accepted(node.send(command_to(alice, deposit(1))));
  REQUIRE(eventually(patience, [&] { return world.views.checkpoint(balances) == 1U; }));
}

TEST_CASE("while the clocks differ nothing is served", "[engine][log_guard]") {
  World world;
  std::string which;
  const auto hour = std::chrono::milliseconds(1h);
  SECTION("the node is behind") { world.inspector.set_clock_ahead(hour), which = "3600 s behind"; }
  SECTION("the node is ahead") { world.inspector.set_clock_ahead(-hour), which = "3600 s ahead"; }
  Node node(world, {model_of<Bank>()});
  CHECK_THAT(node.says(condition::clocks_differ), ContainsSubstring(which));
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  CHECK(node.stats("example").slots.empty());

  world.inspector.set_clock_ahead(20s);  // which is borne
  REQUIRE(eventually(patience, [&] { return served(node); }));
  REQUIRE(eventually(patience, [&] { return node.says(condition::slots_unowned).empty(); }));
  (void)accepted(node.send(command_to(alice, deposit(1))));
  CHECK_FALSE(alarmed(node));
}

TEST_CASE("a log whose old messages go is not served, also by a node that starts anew",
          "[engine][log_guard]") {
  World world;
  {
    Node node(world, {model_of<Bank>()});
    deposit_and_mark(world, node, 3);
    REQUIRE(world.broker.remove(stream, 1));
    REQUIRE(eventually(patience, [&] { return alarmed(node); }));
    CHECK_THAT(node.says(condition::log_went_back),
               ContainsSubstring("does not hold 1 of its 3 messages any more"));
  }
  Node node(world, {model_of<Bank>()});
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));
  CHECK(rejected(node.send(command_to(bob, deposit(1)))).code == RejectionCode::unavailable);

  accept_log(world);  // without it from now on; a view that starts anew cannot fold what is left
  REQUIRE(eventually(
      patience, [&] { return !alarmed(node) && node.says(condition::log_unchecked).empty(); }));
  (void)accepted(node.send(command_to(bob, deposit(1))));
  REQUIRE(world.broker.remove(stream, 2));
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));
}

TEST_CASE("while a setting lets the log lose messages it is not served", "[engine][log_guard]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  const auto which = GENERATE(stream, control_stream);
  const std::string says = "Stream has max_age = 1 where 0 is needed";
  world.inspector.set_weaker(which, says);
  REQUIRE(eventually(patience, [&] { return !node.says(condition::log_settings_weaker).empty(); }));
  const auto refused = rejected(node.send(command_to(bob, deposit(1))));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK_THAT(refused.text, ContainsSubstring(says));
  CHECK_FALSE(alarmed(node));

  world.inspector.set_weaker(which, {});
  REQUIRE(eventually(patience, [&] { return served(node); }));
  (void)accepted(node.send(command_to(bob, deposit(1))));
}

TEST_CASE("streams of timers and parked events that were lost are said, and commands go on",
          "[engine][log_guard]") {
  World world;
  Node node(world, {model_of<Bank>()});
  (void)accepted(node.send(command_to(alice, deposit(1))));
  const bool timers = GENERATE(true, false);
  const auto kind = timers ? StreamKind::timers : StreamKind::parked;
  const auto& lost = timers ? condition::timers_lost : condition::parked_lost;
  const auto name = stream_name(kind, alice.context);
  const auto says = [&] { return node.says(lost); };
  SECTION("another stream") {
    world.broker.recreate(alice.context, kind);
    REQUIRE(eventually(patience, [&] { return !says().empty(); }));
    CHECK_THAT(says(), ContainsSubstring("stream " + name + " was created anew"));
    CHECK_THAT(says(), ContainsSubstring("accept-log --context example"));
    accept_stream(world, name);
  }
  SECTION("a setting") {
    world.inspector.set_weaker(name, "Stream has max_age = 1 where 0 is needed");
    REQUIRE(eventually(patience, [&] { return !says().empty(); }));
    world.inspector.set_weaker(name, {});
  }
  (void)accepted(node.send(command_to(bob, deposit(1))));
  CHECK(eventually(patience, [&] { return says().empty(); }));
}

TEST_CASE("a node that starts anew notices what happened while it was away",
          "[engine][log_guard]") {
  World world;
  {
    Node node(world, {model_of<Bank>()});
    deposit_and_mark(world, node, 3);
  }
  SECTION("a lost tail, by the mark") { world.broker.lose_tail(alice.context, 1); }
  SECTION("another stream, by the record alone") {
    world.marks.lose();
    world.broker.recreate(alice.context);
  }
  SECTION("a lost record, by the mark") { world.inspector.forget(stream); }
  Node node(world, {model_of<Bank>()});
  CHECK(rejected(node.send(command_to(alice, deposit(1)))).code == RejectionCode::unavailable);
  REQUIRE(eventually(patience, [&] { return alarmed(node); }));

  accept_log(world);
  REQUIRE(eventually(patience, [&] { return served(node); }));
  (void)accepted(node.send(command_to(alice, deposit(1))));
}

TEST_CASE("what was accepted while a node was away is not held against it", "[engine][log_guard]") {
  World world;
  {
    Node node(world, {model_of<Bank>()});
    deposit_and_mark(world, node, 3);
  }
  world.broker.lose_tail(alice.context, 1);
  accept_log(world);
  Node node(world, {model_of<Bank>()});
  CHECK(accepted(node.send(command_to(alice, deposit(1)))).first_version == 3);
  CHECK_FALSE(alarmed(node));
}

}  // namespace troupe::engine::test

// What somebody else wrote into a stream ends nothing and holds up nobody; an operator's decision
// to skip it holds for all who read it.
#include <algorithm>

#include <catch2/catch_all.hpp>

#include "runtime/engine/history/command_memory.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "tests/unit/engine/mirror.hpp"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using troupe::test::eventually;
using Amounts = std::vector<std::int64_t>;

const ViewName balances{*Token::parse("example"), *Token::parse("balances")};

std::uint64_t write(World& world, std::string_view subject, std::string bytes,
                    const std::string& stream = "EVT_EXAMPLE") {
  return world.broker.publish(stream, StoredSubject(subject), std::move(bytes)).value();
}

/// A deposit as a node would have recorded it, which changes before it is stored.
std::string commit(const std::string& id, std::uint64_t version, std::int64_t cents,
                   const std::function<void(troupe::v1::Commit&)>& change = {}) {
  troupe::v1::Commit made;
  made.set_context("example");
  made.set_aggregate("account");
  made.set_id(id);
  made.set_first_version(version);
  made.set_command_id(random_id());
  made.set_command_type("DepositMoney");
  made.set_command_hash(std::string(32, 'h'));
  made.mutable_issued_at()->set_seconds(1'790'000'000);
  made.mutable_committed_at()->set_seconds(1'790'000'000);
  v1::MoneyDeposited deposited;
  deposited.set_cents(cents);
  made.add_events()->PackFrom(deposited);
  if (change) change(made);
  return made.SerializeAsString();
}

struct Foreign {
  std::string subject;
  std::string bytes;
};

/// One of each kind.
std::vector<Foreign> foreign_messages() {
  const auto changed = [](const std::function<void(troupe::v1::Commit&)>& change) {
    return Foreign{"evt.example.account.a", commit("a", 1, 1, change)};
  };
  return {{"evt.example.account.a", ""},
          {"evt.example.account.a", "\xff\xff\xff"},
          {"evt.example.account.a", "{}"},
          {"evt.example.account.a", commit("a", 1, 1).substr(0, 40)},
          {"evt.example.account.a$b", commit("a$b", 1, 1)},
          {"evt.example.account.a$b", "x"},
          {"evt.example.account.a.b.c.d", commit("a", 1, 1)},
          {"evt.example.account", commit("a", 1, 1)},
          {"evt.example.account.b", commit("a", 1, 1)},
          {"evt.example.account.\x01\xff", "x"},
          changed([](auto& c) { c.set_context(""); }),
          changed([](auto& c) { c.set_aggregate("*"); }),
          changed([](auto& c) { c.set_id("a.b"); }),
          changed([](auto& c) { c.set_id(std::string(65, 'a')); }),
          changed([](auto& c) { c.set_context("mirror"); }),
          changed([](auto& c) { c.clear_events(); }),
          changed([](auto& c) { c.set_first_version(0); }),
          changed([](auto& c) { c.set_first_version(UINT64_MAX); }),
          changed([](auto& c) { c.mutable_committed_at()->set_seconds(INT64_MAX); }),
          changed([](auto& c) { c.mutable_committed_at()->set_nanos(-1); }),
          changed([](auto& c) { c.mutable_issued_at()->set_seconds(INT64_MIN); }),
          changed([](auto& c) { c.set_correlation_id("a\r\nTroupe-Deadline: 1"); }),
          changed([](auto& c) { c.set_traceparent(std::string(1'000, '0')); })};
}

void skip(World& world, std::uint64_t sequence, const std::string& bytes,
          const std::string& stream = "EVT_EXAMPLE") {
  REQUIRE(world.skips.record({.stream = stream,
                              .sequence = sequence,
                              .hash = sha256(bytes),
                              .cause = "a test wrote it",
                              .reason = "to see",
                              .decided_by = "the test",
                              .decided_at = world.clock.now()}));
}

std::int64_t balance(World& world, const std::string& id) {
  const auto rows = world.views.all(balances).value().rows;
  const auto found = rows.find(id);
  v1::AccountState row;
  if (found != rows.end()) row.ParseFromString(found->second);
  return row.balance_cents();
}

bool view_reaches(World& world, std::uint64_t sequence) {
  return eventually(patience, [&] { return world.views.checkpoint(balances).value() == sequence; });
}

std::uint64_t last_sequence(World& world) {
  return world.streams.last_sequence(balances.context).value();
}

}  // namespace

TEST_CASE("no message in the log ends a node, or holds up other instances and reactions",
          "[engine][poison]") {
  World world;
  const auto foreign = foreign_messages();
  Node node(world, both());
  (void)accepted(node.send(command_to(account("well"), deposit(1))));
  for (const auto& one : foreign) write(world, one.subject, one.bytes);
  (void)accepted(node.send(command_to(account("well"), deposit(3))));
  REQUIRE(all_handled(world));

  CHECK(booked(world, "well") == Amounts{1, 3});
  CHECK(booked(world, "a").empty());
  auto waiting = parked(world);
  REQUIRE(waiting.size() == foreign.size());
  std::ranges::sort(waiting, {}, &troupe::v1::ParkedEvent::source_sequence);
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    INFO(waiting[i].cause());
    CHECK(waiting[i].source_sequence() == i + 2);
    CHECK(waiting[i].commit() == foreign[i].bytes);
    CHECK(waiting[i].source_subject() == shown(foreign[i].subject));
  }
  CHECK_THAT(waiting[0].cause(), ContainsSubstring("sequence 2 of EVT_EXAMPLE")
                                     && ContainsSubstring("`skip --context example --sequence 2`"));
}

TEST_CASE("a node that starts anew on a log with poison in it is as before", "[engine][poison]") {
  World world;
  {
    Node node(world, both());
    (void)accepted(node.send(command_to(account("well"), deposit(1))));
    for (const auto& one : foreign_messages()) write(world, one.subject, one.bytes);
    REQUIRE(all_handled(world));
  }
  Node node(world, both());
  (void)accepted(node.send(command_to(account("well"), deposit(3))));
  REQUIRE(all_handled(world));
  CHECK(booked(world, "well") == Amounts{1, 3});
  CHECK(parked(world).size() == foreign_messages().size());
}

TEST_CASE("a view goes up to a message that is no commit, says so, and on once that is skipped",
          "[engine][poison][views]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("well"), deposit(1))));
  const auto kind = GENERATE(range(std::size_t{0}, foreign_messages().size()));
  const auto foreign = foreign_messages()[kind];
  const auto sequence = write(world, foreign.subject, foreign.bytes);
  (void)accepted(node.send(command_to(account("well"), deposit(3))));

  REQUIRE(eventually(patience, [&] {
    return !node.says(condition::view_blocked, "example", "balances").empty();
  }));
  CHECK(world.views.checkpoint(balances).value() == sequence - 1);
  CHECK(balance(world, "well") == 1);
  CHECK_THAT(node.says(condition::view_blocked, "example", "balances"),
             ContainsSubstring("sequence 2 of EVT_EXAMPLE")
                 && ContainsSubstring("`skip --context example --sequence 2`"));
  skip(world, sequence, foreign.bytes);
  REQUIRE(view_reaches(world, last_sequence(world)));
  CHECK(balance(world, "well") == 4);
  CHECK(eventually(
      patience, [&] { return node.says(condition::view_blocked, "example", "balances").empty(); }));
}

TEST_CASE("a view that has folded what is skipped is built again without it",
          "[engine][poison][views]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("well"), deposit(1))));
  const auto forged = commit("forged", 1, 100);
  const auto sequence = write(world, "evt.example.account.forged", forged);
  (void)accepted(node.send(command_to(account("well"), deposit(3))));
  REQUIRE(view_reaches(world, last_sequence(world)));
  REQUIRE(balance(world, "forged") == 100);
  skip(world, sequence, forged);
  CHECK(eventually(patience, [&] { return balance(world, "forged") == 0; }));
  CHECK(view_reaches(world, last_sequence(world)));
  CHECK(balance(world, "well") == 4);
}

TEST_CASE("the versions of a commit that is skipped are not used again", "[engine][poison]") {
  World world;
  Node node(world, both());
  REQUIRE(accepted(node.send(command_to(account("a"), deposit(5)))).last_version == 1);
  const auto forged = commit("a", 2, 100);  // its hash of the one before is none
  const auto sequence = write(world, "evt.example.account.a", forged);
  REQUIRE(eventually(patience, [&] { return booked(world, "a") == Amounts{5, 100}; }));
  skip(world, sequence, forged);
  REQUIRE(eventually(patience, [&] {
    return std::holds_alternative<Accepted>(get(node.send(command_to(account("a"), deposit(7)))));
  }));
  CHECK(parsed(world.commits(Subject::events(account("a"))).back()).first_version() == 3);
  CHECK(eventually(patience, [&] { return booked(world, "a") == Amounts{5, 100, 7}; }));
  CHECK(parked(world).empty());

  const auto far = commit("b", 1'000'000'000'000, 1);
  skip(world, write(world, "evt.example.account.b", far), far);
  CHECK(eventually(patience, [&] {
    const auto outcome = get(node.send(command_to(account("b"), deposit(1))));
    const auto* answer = std::get_if<Accepted>(&outcome);
    return answer != nullptr && answer->first_version == 1;
  }));
}

TEST_CASE("a blocked view that lost its rows is filled again up to the message",
          "[engine][poison]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("well"), deposit(1))));
  write(world, "evt.example.account.a", "x");
  REQUIRE(eventually(patience, [&] {
    return !node.says(condition::view_blocked, "example", "balances").empty();
  }));
  REQUIRE(world.views.clear(balances));
  REQUIRE(view_reaches(world, 1));
  CHECK(balance(world, "well") == 1);
}

TEST_CASE(
    "an instance with poison in its log refuses with the cure, and goes on once it is skipped",
    "[engine][poison]") {
  World world;
  const auto kind = GENERATE(range(std::size_t{0}, foreign_messages().size()));
  const auto foreign = foreign_messages()[kind];
  if (foreign.subject != "evt.example.account.a") return;
  Node node(world, both());
  const auto first_there = GENERATE(true, false);
  std::uint64_t version = 0;
  if (!first_there)
    version = accepted(node.send(command_to(account("a"), deposit(5)))).last_version;
  const auto sequence = write(world, foreign.subject, foreign.bytes);

  // What is in memory learns of it by a conflict.
  (void)get(node.send(command_to(account("a"), deposit(1))));
  const auto refused = rejected(node.send(command_to(account("a"), deposit(1))));
  CHECK(refused.code == RejectionCode::unavailable);
  CHECK_THAT(text_of(refused),
             StartsWith("log.unreadable: sequence " + std::to_string(sequence) + " of EVT_EXAMPLE")
                 && ContainsSubstring("`skip --context example"));
  CHECK_FALSE(node.says(condition::instance_refused, "example", "account.a").empty());

  skip(world, sequence, foreign.bytes);
  REQUIRE(eventually(patience, [&] {
    const auto outcome = get(node.send(command_to(account("a"), deposit(7))));
    return std::holds_alternative<Accepted>(outcome);
  }));
  CHECK(node.says(condition::instance_refused, "example", "account.a").empty());
  const auto history = world.commits(Subject::events(account("a")));
  REQUIRE(history.size() == (first_there ? 2 : 3));
  const auto& next = parsed(history.back());
  CHECK(next.first_version() == version + 1);
  CHECK(next.previous_hash() == sha256(foreign.bytes));
}

TEST_CASE("the chain over a skipped message is read alike by a node that starts anew",
          "[engine][poison]") {
  World world;
  const auto old = command_to(account("a"), deposit(5), "old");
  {
    Node node(world, both());
    (void)accepted(node.send(old));
    skip(world, write(world, "evt.example.account.a", "x"), "x");
    REQUIRE(eventually(patience, [&] {
      return std::holds_alternative<Accepted>(
          get(node.send(command_to(account("a"), deposit(7), "new"))));
    }));
  }
  const bool with_snapshot = GENERATE(true, false);
  if (!with_snapshot) world.snapshots.lose_everything();
  Node node(world, both());
  CHECK(accepted(node.send(old)).duplicate);
  CHECK(accepted(node.send(command_to(account("a"), deposit(7), "new"))).duplicate);
  CHECK(accepted(node.send(command_to(account("a"), withdraw(12)))).first_version == 3);
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{5, 7});
  CHECK(view_reaches(world, last_sequence(world)));
}

TEST_CASE("what was decided before a node starts is neither parked nor refused",
          "[engine][poison]") {
  World world;
  for (const auto& one : foreign_messages())
    skip(world, write(world, one.subject, one.bytes), one.bytes);
  Node node(world, both());
  CHECK(accepted(node.send(command_to(account("a"), deposit(5)))).first_version == 1);
  REQUIRE(all_handled(world));
  CHECK(parked(world).empty());
  CHECK(booked(world, "a") == Amounts{5});
  CHECK(view_reaches(world, last_sequence(world)));
}

TEST_CASE("a decision is about these bytes, not about whatever stands there", "[engine][poison]") {
  World world;
  Node node(world, both());
  const auto sequence = write(world, "evt.example.account.a", "x");
  skip(world, sequence, "y");
  CHECK(rejected(node.send(command_to(account("a"), deposit(5)))).code
        == RejectionCode::unavailable);
  REQUIRE(all_handled(world));
  CHECK(parked(world).size() == 1);
  skip(world, sequence, "x");
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
  CHECK(accepted(node.send(command_to(account("a"), deposit(5)))).first_version == 1);
}

TEST_CASE("what waits behind poison of its instance is handled in order once that is skipped",
          "[engine][poison][reactions]") {
  World world;
  Node node(world, both());
  (void)accepted(node.send(command_to(account("a"), deposit(1))));
  const auto sequence = write(world, "evt.example.account.a", "x");
  // They stand behind it in the stream though no node would have let them.
  const auto second = commit("a", 2, 3, [](auto& c) { c.set_previous_hash(sha256("x")); });
  write(world, "evt.example.account.a", second);
  write(world, "evt.example.account.a",
        commit("a", 3, 4, [&](auto& c) { c.set_previous_hash(sha256(second)); }));
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{1});
  CHECK(parked(world).size() == 3);

  skip(world, sequence, "x");
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
  CHECK(booked(world, "a") == Amounts{1, 3, 4});
  CHECK(accepted(node.send(command_to(account("a"), deposit(5)))).first_version == 4);
  REQUIRE(all_handled(world));
  CHECK(booked(world, "a") == Amounts{1, 3, 4, 5});
}

TEST_CASE("what is being parked when somebody decides is tried again at once",
          "[engine][poison][reactions]") {
  World world;
  Node node(world, both());
  const auto sequence = write(world, "evt.mirror.ledger.dead", "x", "EVT_MIRROR");
  world.broker.set_message_bytes_max(350);  // a commit fits, the record of what is parked does not
  (void)accepted(node.send(command_to(account("dead"), deposit(10))));
  REQUIRE(eventually(patience, [&] {
    return !node.says(condition::instance_refused, "mirror", "ledger.dead").empty();
  }));
  skip(world, sequence, "x", "EVT_MIRROR");
  world.broker.settle();
  const auto commits = [&] {
    return world.commits(Subject::events(instance("mirror", "ledger", "dead"))).size();
  };
  CHECK(commits() == 1);
  world.broker.set_message_bytes_max(1'000'000);
  static_assert(Reactor::tries_again_after.front() > 4s);
  CHECK(eventually(4s, [&] { return commits() == 2; }));
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
}

TEST_CASE("what is for an instance that cannot be read is parked and holds up nobody",
          "[engine][poison][reactions]") {
  World world;
  EngineOptions options;
  options.deliveries_in_flight_max = 8;
  Node node(world, both(), options);
  const auto sequence = write(world, "evt.mirror.ledger.dead", "x", "EVT_MIRROR");
  Amounts amounts;
  for (std::int64_t cents = 10; cents < 30; ++cents) {
    amounts.push_back(cents);
    (void)accepted(node.send(command_to(account("dead"), deposit(cents))));
  }
  (void)accepted(node.send(command_to(account("well"), deposit(3))));
  REQUIRE(all_handled(world));
  CHECK(booked(world, "well") == Amounts{3});
  const auto waiting = parked(world);
  REQUIRE(waiting.size() == amounts.size());
  CHECK_THAT(waiting.front().cause(),
             ContainsSubstring("sequence " + std::to_string(sequence) + " of EVT_MIRROR"));

  skip(world, sequence, "x", "EVT_MIRROR");
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
  const auto history = world.commits(Subject::events(instance("mirror", "ledger", "dead")));
  REQUIRE(history.size() == amounts.size() + 1);
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    Int64Value booked_one;
    REQUIRE(parsed(history[i + 1]).events(0).UnpackTo(&booked_one));
    CHECK(booked_one.value() == amounts[i]);
  }
}

TEST_CASE("an event that a program does not know concerns only the instance it is of",
          "[engine][poison]") {
  World world;
  Node node(world, both());
  const auto bytes =
      commit("a", 1, 1, [](auto& c) { c.mutable_events(0)->set_type_url("t/other.v1.Thing"); });
  const auto sequence = write(world, "evt.example.account.a", bytes);
  CHECK_THAT(text_of(rejected(node.send(command_to(account("a"), deposit(1))))),
             StartsWith("log.unreadable: ") && ContainsSubstring("other.v1.Thing"));
  REQUIRE(all_handled(world));
  CHECK(parked(world).empty());
  CHECK(view_reaches(world, sequence));
  skip(world, sequence, bytes);
  CHECK(eventually(patience, [&] {
    return std::holds_alternative<Accepted>(get(node.send(command_to(account("a"), deposit(1)))));
  }));
}

TEST_CASE("an event that cannot be read stops whoever is concerned, until it is skipped",
          "[engine][poison]") {
  World world;
  Node node(world, both());
  const auto bytes = commit("a", 1, 1, [](auto& c) { c.mutable_events(0)->set_value("\xff"); });
  const auto sequence = write(world, "evt.example.account.a", bytes);
  CHECK_THAT(text_of(rejected(node.send(command_to(account("a"), deposit(1))))),
             StartsWith("log.unreadable: ") && ContainsSubstring("example.v1.MoneyDeposited"));
  REQUIRE(all_handled(world));
  REQUIRE(parked(world).size() == 1);
  CHECK_THAT(parked(world)[0].cause(), ContainsSubstring("MoneyDeposited cannot be read"));
  CHECK(eventually(patience, [&] {
    return !node.says(condition::view_blocked, "example", "balances").empty();
  }));
  skip(world, sequence, bytes);
  CHECK(view_reaches(world, sequence));
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
  CHECK(eventually(patience, [&] {
    return std::holds_alternative<Accepted>(get(node.send(command_to(account("a"), deposit(1)))));
  }));
}

TEST_CASE("a look-up passes over what is skipped", "[engine][poison]") {
  World world;
  const auto now = world.clock.now();
  std::string previous;
  constexpr std::uint64_t count = CommandMemory::kept_max + 50;
  for (std::uint64_t version = 1; version <= count; ++version) {
    previous = commit("a", version, 1, [&](auto& c) {
      if (!previous.empty()) c.set_previous_hash(sha256(previous));
      c.mutable_committed_at()->set_seconds(1'780'000'000
                                            + static_cast<std::int64_t>(version) * 60);
    });
    write(world, "evt.example.account.a", previous);
    if (version == 30) {
      previous = "x";
      write(world, "evt.example.account.a", previous);
    }
  }
  auto old = command_to(account("a"), deposit(1));
  old.issued_at = now - 24h * 365;
  skip(world, 31, "x");
  Node node(world, {model_of<Bank>()});
  CHECK(accepted(node.send(old)).first_version == count + 1);
}

TEST_CASE("a message that is too large for a record is parked by its hash", "[engine][poison]") {
  World world;
  Node node(world, both());
  const std::string large(1'000'000, 'x');
  const auto sequence = write(world, "evt.example.account.a", large);
  REQUIRE(all_handled(world));
  REQUIRE(parked(world).size() == 1);
  CHECK(parked(world)[0].commit().empty());
  CHECK(parked(world)[0].commit_hash() == sha256(large));
  skip(world, sequence, large);
  CHECK(eventually(patience, [&] { return parked(world).empty(); }));
}

}  // namespace troupe::engine::test

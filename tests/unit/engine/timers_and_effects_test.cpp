// Timers that send commands, and calls to the outside world that survive everything.
#include <algorithm>

#include <catch2/catch_all.hpp>

#include "runtime/engine/effects/effect_runner.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine::test {

namespace {

using namespace std::chrono_literals;
using google::protobuf::Int64Value;
using google::protobuf::StringValue;
using troupe::test::eventually;

/// A deposit is paid out again after a moment, unless something was withdrawn before.
struct PayOut : Timer {
  static constexpr std::string_view name = "pay-out";
  using Aggregate = Account;
  using Events = Account::Events;

  static TimerChange<Account> on(const Recorded<v1::MoneyDeposited>& event) {
    return TimerChange<Account>::arm(event.time + 300ms, withdraw(event.data.cents()));
  }
  static TimerChange<Account> on(const Recorded<v1::MoneyWithdrawn>&) { return disarm; }
};

struct Punctual {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, PayOut>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

/// A deposit is followed by one that crashes.
struct Curse : Timer {
  static constexpr std::string_view name = "curse";
  using Aggregate = Account;
  using Events = MessageSet<v1::MoneyDeposited>;

  static TimerChange<Account> on(const Recorded<v1::MoneyDeposited>& event) {
    return TimerChange<Account>::arm(event.time, deposit(Account::cursed_cents));
  }
};

/// The same timer under another name.
struct GiveBack : PayOut {
  static constexpr std::string_view name = "give-back";
  static constexpr std::string_view formerly = "pay-out";
};

struct Renamed {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, GiveBack>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

struct Cursed {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Curse>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

/// A deposit is sent abroad: withdrawn when that is confirmed. One cent is the fee of giving up.
struct Transfer : Effect {
  static constexpr std::string_view name = "transfer";
  using Aggregate = Account;
  using Event = v1::MoneyDeposited;
  using Request = Int64Value;
  using Answer = StringValue;
  static constexpr Retry retry{.first_pause = 1ms, .attempts = 3, .timeout = 50ms};

  static Request request(const Recorded<Event>& event) {
    Request request;
    request.set_value(event.data.cents());
    return request;
  }
  static Asks<Account> answered(const Recorded<Event>& event, const Answer&) {
    return ask<Account>(event.id, withdraw(event.data.cents()));
  }
  static Asks<Account> failed(const Recorded<Event>& event, const FailedAttempt& attempt) {
    return attempt.last ? ask<Account>(event.id, withdraw(1)) : Asks<Account>{};
  }
};

struct Abroad {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Transfer>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

struct ThreeTimes {
  static constexpr Retry retry{.first_pause = 1ms, .attempts = 3, .timeout = 50ms};
};
struct Once {
  static constexpr Retry retry{.attempts = 1, .timeout = 50ms};
};
struct ForAnHour {
  static constexpr Retry retry{
      .first_pause = 1ms, .longest_pause = 1ms, .age = 1h, .timeout = 50ms};
};
/// The same, and every failed attempt is told: by a fee of one cent, or of two for the last one.
template <class Policy>
struct Report : Transfer {
  static constexpr std::string_view name = "report";
  static constexpr Retry retry = Policy::retry;

  static Asks<Account> failed(const Recorded<Event>& event, const FailedAttempt& attempt) {
    return ask<Account>(event.id, withdraw(attempt.last ? 2 : 1));
  }
};

template <class Policy>
struct Reporting {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Report<Policy>>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

template <class Policy>
struct Tell : Report<Policy> {
  static constexpr std::string_view name = "tell";
  static constexpr std::string_view formerly = "report";
};

template <class Policy>
struct Telling {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Tell<Policy>>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

struct Patient : Transfer {
  static constexpr Retry retry{.first_pause = 1ms, .age = Retry::no_limit, .timeout = 50ms};
};

struct AbroadForEver {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Patient>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney>;
};

const auto alice = instance("example", "account", "alice");
const auto alices = Subject::events(alice);

EngineOptions impatient() {
  EngineOptions options;
  options.effect_patience = 50ms;
  return options;
}

constexpr auto trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

Command traced(v1::DepositMoney body) {
  auto command = command_to(alice, std::move(body));
  command.traceparent = trace;
  return command;
}

void succeed(const EffectCall&, Effects::Done done) { done(std::make_unique<StringValue>()); }

void fail(const EffectCall&, Effects::Done done) { done(retryable("the gateway is away")); }

bool timers_gone(World& world) {
  return eventually(patience, [&] { return world.broker.armed("TMR_EXAMPLE").empty(); });
}

/// The events after the deposit.
std::vector<v1::MoneyWithdrawn> withdrawals(World& world) {
  std::vector<v1::MoneyWithdrawn> all;
  for (const auto& stored : world.commits(alices)) {
    v1::MoneyWithdrawn withdrawn;
    if (parsed(stored).events(0).UnpackTo(&withdrawn)) all.push_back(withdrawn);
  }
  return all;
}

bool withdrawn(World& world, std::int64_t cents) {
  return eventually(patience, [&] {
    const auto all = withdrawals(world);
    return all.size() == 1 && all.front().cents() == cents;
  });
}

/// A deposit whose effect is open, left by a node that ended: this attempt is made next.
void leave_attempt(
    World& world, unsigned number, Time asked_at,
    const std::function<void(Node&)>& before_the_end = [](Node&) {}) {
  {
    EngineOptions options;
    options.effect_patience = 1h;
    Node node(world, {model_of<Reporting<ThreeTimes>>()}, options);
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(eventually(patience, [&] {
      const auto waiting = world.broker.waiting("EVT_EXAMPLE").at(0);
      return world.effects.calls().size() == 1 && waiting.undelivered + waiting.unacknowledged == 0;
    }));
    before_the_end(node);
  }
  const auto timer = *Token::parse(effect_timer_name("report", 1));
  const auto due = world.clock.now();
  troupe::v1::TimerRecord record;
  record.set_context("example");
  record.set_aggregate("account");
  record.set_id("alice");
  record.set_name(timer.str());
  record.set_armed_by(alices.str() + "@1");
  *record.mutable_due() = to_timestamp(due);
  auto& attempt = *record.mutable_effect();
  attempt.set_effect("report");
  *attempt.mutable_event() = parsed(world.commits(alices).at(0)).events(0);
  attempt.set_version(1);
  *attempt.mutable_time() = to_timestamp(asked_at);
  attempt.set_number(number);
  std::promise<Result<void>> armed;
  world.timers.arm(alice, timer, due, record.SerializeAsString(),
                   [&](const Result<void>& result) { armed.set_value(result); });
  REQUIRE(get(armed.get_future()));
}

/// Those that were made after that.
std::size_t calls_since(const World& world) { return world.effects.calls().size() - 1; }

std::string id_of_report(unsigned attempt) {
  return asked_command_id({.consumer = "effect",
                           .source_subject = alices.str(),
                           .version = 1,
                           .reaction = "report#" + std::to_string(attempt),
                           .target = alices.str(),
                           .command_type = "WithdrawMoney",
                           .ordinal = 0});
}

/// Ids of the commands after the deposit.
std::vector<std::string> command_ids(World& world) {
  std::vector<std::string> all;
  for (const auto& stored : world.commits(alices)) all.push_back(parsed(stored).command_id());
  all.erase(all.begin());
  return all;
}

}  // namespace

TEST_CASE("a timer that comes before its time is armed again, not fired", "[engine][timers]") {
  World world;
  Node node(world, {model_of<Punctual>()});
  const auto bob = instance("example", "account", "bob");
  const auto timer = *Token::parse("pay-out");
  troupe::v1::TimerRecord record;
  record.set_context("example");
  record.set_aggregate("account");
  record.set_id("bob");
  record.set_name(timer.str());
  *record.mutable_due() = to_timestamp(latest_time);
  record.mutable_command()->PackFrom(withdraw(1));
  REQUIRE(world.broker.publish("TMR_EXAMPLE", Subject::timer_fired(bob, timer),
                               record.SerializeAsString()));
  const auto armed = Subject::timer_armed(bob, timer);
  CHECK(eventually(patience, [&] {
    const auto all = world.broker.armed("TMR_EXAMPLE");
    return std::ranges::find(all, armed) != all.end();
  }));
  CHECK(world.commits(Subject::events(bob)).empty());
}

TEST_CASE("a timer that is due sends its command, with an id that its event determines",
          "[engine][timers]") {
  World world;
  Node node(world, {model_of<Punctual>()});
  (void)accepted(node.send(command_to(alice, deposit(7))));

  REQUIRE(withdrawn(world, 7));
  const auto commit = parsed(world.commits(alices).at(1));
  CHECK(commit.causation_id() == "evt.example.account.alice@1");
  CHECK(commit.command_id()
        == asked_command_id({.consumer = "timer",
                             .source_subject = alices.str(),
                             .version = 1,
                             .reaction = "pay-out",
                             .target = alices.str(),
                             .command_type = "WithdrawMoney",
                             .ordinal = 0}));
  CHECK(timers_gone(world));
}

TEST_CASE("a trace goes on through a timer", "[engine][timers]") {
  World world;
  Node node(world, {model_of<Punctual>()});
  (void)accepted(node.send(traced(deposit(7))));
  REQUIRE(withdrawn(world, 7));
  for (const auto& commit : world.commits(alices)) CHECK(parsed(commit).traceparent() == trace);
}

TEST_CASE("a trace goes on through an effect: to whom it calls, and to what comes of it",
          "[engine][effects]") {
  World world;
  const bool fails = GENERATE(false, true);
  world.effects.on_call([&](const EffectCall& call, Effects::Done done) {
    fails ? done(retryable("not now")) : succeed(call, std::move(done));
  });
  Node node(world, {model_of<Abroad>()}, impatient());
  (void)accepted(node.send(traced(deposit(7))));
  REQUIRE(withdrawn(world, fails ? 1 : 7));
  for (const auto& commit : world.commits(alices)) CHECK(parsed(commit).traceparent() == trace);
  for (const auto& call : world.effects.calls()) CHECK(call.traceparent == trace);
}

TEST_CASE("what is no trace goes no further", "[engine][effects]") {
  World world;
  world.effects.on_call(succeed);
  Node node(world, {model_of<Abroad>()}, impatient());
  auto command = traced(deposit(7));
  command.traceparent = "00-x\r\nTroupe-Command-Id: forged";
  (void)accepted(node.send(std::move(command)));
  REQUIRE(withdrawn(world, 7));
  CHECK(world.effects.calls().at(0).traceparent.empty());
  CHECK(parsed(world.commits(alices).at(1)).traceparent().empty());
}

TEST_CASE("a disarmed timer does not come", "[engine][timers]") {
  World world;
  Node node(world, {model_of<Punctual>()});
  (void)accepted(node.send(command_to(alice, deposit(7))));
  (void)accepted(node.send(command_to(alice, withdraw(3))));

  REQUIRE(timers_gone(world));
  const auto later = std::chrono::steady_clock::now() + 500ms;
  REQUIRE(eventually(patience, [&] { return std::chrono::steady_clock::now() > later; }));
  CHECK(withdrawals(world).size() == 1);
}

TEST_CASE("a timer whose command crashes for good is put off and holds no delivery",
          "[engine][timers]") {
  World world;
  Account::crashes_left = 2;
  Node node(world, {model_of<Cursed>()});
  (void)accepted(node.send(command_to(alice, deposit(7))));

  REQUIRE(eventually(patience, [&] { return Account::crashes_left == 0; }));
  CHECK(eventually(patience, [&] {
    const auto waiting = world.broker.waiting("TMR_EXAMPLE");
    return world.broker.armed("TMR_EXAMPLE").size() == 1
           && std::ranges::all_of(waiting, [](const auto& consumer) {
                return consumer.undelivered == 0 && consumer.unacknowledged == 0;
              });
  }));
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("a timer outlives the node that armed it", "[engine][timers]") {
  World world;
  {
    Node node(world, {model_of<Punctual>()});
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(eventually(patience, [&] { return !world.broker.armed("TMR_EXAMPLE").empty(); }));
  }
  Node node(world, {model_of<Punctual>()});
  CHECK(withdrawn(world, 7));
}

TEST_CASE("an effect's answer becomes a command, and its timer is gone", "[engine][effects]") {
  World world;
  world.effects.on_call(succeed);
  Node node(world, {model_of<Abroad>()});
  (void)accepted(node.send(command_to(alice, deposit(7))));

  REQUIRE(withdrawn(world, 7));
  CHECK(timers_gone(world));
  const auto calls = world.effects.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].effect == "transfer");
  CHECK(calls[0].key == effect_key(alices.str(), 1, "transfer"));
  CHECK(dynamic_cast<const Int64Value&>(*calls[0].request).value() == 7);
  const auto commit = parsed(world.commits(alices).at(1));
  CHECK(commit.causation_id() == "evt.example.account.alice@1");
  CHECK(commit.command_id()
        == asked_command_id({.consumer = "effect",
                             .source_subject = alices.str(),
                             .version = 1,
                             .reaction = "transfer",
                             .target = alices.str(),
                             .command_type = "WithdrawMoney",
                             .ordinal = 0}));
  CHECK(eventually(patience, [&] { return node.stats("example").effects_in_hand == 0; }));
}

TEST_CASE("a failed call is made again with the same key", "[engine][effects]") {
  World world;
  std::atomic<int> failures{2};
  world.effects.on_call([&](const EffectCall& call, Effects::Done done) {
    if (failures.fetch_sub(1) > 0) return done(retryable("the gateway is away"));
    succeed(call, std::move(done));
  });
  Node node(world, {model_of<Abroad>()}, impatient());
  (void)accepted(node.send(command_to(alice, deposit(7))));

  REQUIRE(withdrawn(world, 7));
  const auto calls = world.effects.calls();
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].key == calls[2].key);
  CHECK(timers_gone(world));
}

TEST_CASE("a call for which there was no room is no attempt, and nobody is told of it",
          "[engine][effects]") {
  World world;
  std::atomic<int> refusals{5};  // more than there are attempts
  world.effects.on_call([&](const EffectCall& call, Effects::Done done) {
    if (refusals.fetch_sub(1) > 0) return done(not_made("all threads are busy"));
    succeed(call, std::move(done));
  });
  Node node(world, {model_of<Abroad>()}, impatient());
  (void)accepted(node.send(command_to(alice, deposit(7))));

  REQUIRE(withdrawn(world, 7));
  CHECK(world.effects.calls().size() == 6);
  CHECK(world.commits(alices).size() == 2);
  CHECK(timers_gone(world));
}

TEST_CASE("the result of an effect that is refused, but not by the domain, is told again",
          "[engine][effects]") {
  World world;
  world.effects.on_call(succeed);
  Node node(world, {model_of<Abroad>()}, impatient());
  // Another command that an event asked for has the id that the result's will have: 409.
  const auto id = asked_command_id({.consumer = "effect",
                                    .source_subject = alices.str(),
                                    .version = 1,
                                    .reaction = "transfer",
                                    .target = alices.str(),
                                    .command_type = "WithdrawMoney",
                                    .ordinal = 0});
  auto first = command_to(alice, deposit(7), id);
  first.internal = true;
  first.causation_id = "evt.example.account.bob@1";
  (void)accepted(node.send(first));
  CHECK(eventually(patience, [&] { return world.effects.calls().size() >= 3; }));
  CHECK(world.commits(alices).size() == 1);
}

TEST_CASE("after its last attempt an effect gives up visibly", "[engine][effects]") {
  World world;
  SECTION("when too many attempts failed") {
    world.effects.on_call(
        [](const EffectCall&, Effects::Done done) { done(retryable("the gateway is away")); });
    Node node(world, {model_of<Abroad>()}, impatient());
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(withdrawn(world, 1));
    CHECK(world.effects.calls().size() == 3);
    CHECK(parsed(world.commits(alices).at(1)).command_id()
          == asked_command_id({.consumer = "effect",
                               .source_subject = alices.str(),
                               .version = 1,
                               .reaction = "transfer#3",
                               .target = alices.str(),
                               .command_type = "WithdrawMoney",
                               .ordinal = 0}));
    CHECK(timers_gone(world));
  }
  SECTION("when trying again is useless") {
    world.effects.on_call(
        [](const EffectCall&, Effects::Done done) { done(permanent("no such account")); });
    Node node(world, {model_of<Abroad>()}, impatient());
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(withdrawn(world, 1));
    CHECK(world.effects.calls().size() == 1);
    CHECK(timers_gone(world));
  }
}

TEST_CASE("an open effect holds no delivery, and is not called twice at a time",
          "[engine][effects]") {
  World world;
  std::promise<Effects::Done> call;
  world.effects.on_call(
      [&](const EffectCall&, Effects::Done done) { call.set_value(std::move(done)); });
  Node node(world, {model_of<Abroad>()}, impatient());
  (void)accepted(node.send(command_to(alice, deposit(7))));
  const auto done = get(call.get_future());

  CHECK(eventually(patience, [&] {
    const auto waiting = world.broker.waiting("EVT_EXAMPLE").at(0);
    return waiting.undelivered + waiting.unacknowledged == 0;
  }));
  // Its timer comes several times meanwhile.
  const auto later = std::chrono::steady_clock::now() + 400ms;
  REQUIRE(eventually(patience, [&] { return std::chrono::steady_clock::now() > later; }));
  CHECK(world.effects.calls().size() == 1);
  CHECK(node.stats("example").effects_in_hand == 1);

  done(std::make_unique<StringValue>());
  CHECK(withdrawn(world, 7));
  CHECK(timers_gone(world));
}

TEST_CASE("an effect outlives the node that called", "[engine][effects]") {
  World world;
  {
    Node node(world, {model_of<Abroad>()}, impatient());
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(eventually(patience, [&] { return world.effects.calls().size() == 1; }));
  }
  world.effects.on_call(succeed);
  Node node(world, {model_of<Abroad>()}, impatient());

  REQUIRE(withdrawn(world, 7));
  const auto calls = world.effects.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].key == calls[1].key);
}

TEST_CASE("attempts are counted over the ends of nodes", "[engine][effects]") {
  World world;
  leave_attempt(world, 3, world.clock.now());
  world.effects.on_call(fail);
  Node node(world, {model_of<Reporting<ThreeTimes>>()}, impatient());
  REQUIRE(withdrawn(world, 2));
  CHECK(timers_gone(world));
  CHECK(calls_since(world) == 1);
  CHECK(command_ids(world) == std::vector{id_of_report(3)});
}

TEST_CASE("an attempt that comes too late after its event is not made, and was the last",
          "[engine][effects]") {
  World world;
  leave_attempt(world, 2, world.clock.now() - 2h);
  world.effects.on_call(succeed);
  Node node(world, {model_of<Reporting<ForAnHour>>()}, impatient());
  REQUIRE(withdrawn(world, 2));
  CHECK(timers_gone(world));
  CHECK(calls_since(world) == 0);
  CHECK(command_ids(world) == std::vector{id_of_report(2)});
}

TEST_CASE("the first attempt is made, however late it comes", "[engine][effects]") {
  World world;
  const bool answers = GENERATE(true, false);
  leave_attempt(world, 1, world.clock.now() - 2h);
  world.effects.on_call(answers ? succeed : fail);
  Node node(world, {model_of<Reporting<ForAnHour>>()}, impatient());
  REQUIRE(withdrawn(world, answers ? 7 : 2));
  CHECK(timers_gone(world));
  CHECK(calls_since(world) == 1);
}

TEST_CASE("an attempt within its effect's age goes on", "[engine][effects]") {
  World world;
  leave_attempt(world, 1'000, world.clock.now() - 59min);
  std::atomic<int> failures{1};
  world.effects.on_call([&](const EffectCall& call, Effects::Done done) {
    failures.fetch_sub(1) > 0 ? fail(call, std::move(done)) : succeed(call, std::move(done));
  });
  Node node(world, {model_of<Reporting<ForAnHour>>()}, impatient());
  REQUIRE(withdrawn(world, 1));
  CHECK(timers_gone(world));
  CHECK(calls_since(world) == 2);
  CHECK(command_ids(world) == std::vector{id_of_report(1'000)});
}

TEST_CASE("what is asked for ever is asked again after a hopeless answer", "[engine][effects]") {
  World world;
  std::atomic<int> failures{3};
  world.effects.on_call([&](const EffectCall& call, Effects::Done done) {
    if (failures.fetch_sub(1) > 0) return done(permanent("no such account"));
    succeed(call, std::move(done));
  });
  Node node(world, {model_of<AbroadForEver>()}, impatient());
  (void)accepted(node.send(command_to(alice, deposit(7))));
  REQUIRE(withdrawn(world, 7));
  CHECK(world.effects.calls().size() == 4);
}

TEST_CASE("a failed attempt that another node told of in other words is not told again",
          "[engine][effects]") {
  World world;
  const auto tell_of_first = [&](Node& node) {
    auto told = command_to(alice, withdraw(5), id_of_report(1));
    told.internal = true;
    told.causation_id = alices.str() + "@1";
    (void)accepted(node.send(std::move(told)));
  };
  leave_attempt(world, 1, world.clock.now(), tell_of_first);
  world.effects.on_call(fail);
  SECTION("and the next one follows") {
    Node node(world, {model_of<Reporting<ThreeTimes>>()}, impatient());
    REQUIRE(eventually(patience, [&] { return calls_since(world) == 3; }));
    CHECK(timers_gone(world));
    CHECK(calls_since(world) == 3);
    CHECK(command_ids(world) == std::vector{id_of_report(1), id_of_report(2)});
  }
  SECTION("and the matter ends where it was the last") {
    Node node(world, {model_of<Reporting<Once>>()}, impatient());
    REQUIRE(eventually(patience, [&] { return calls_since(world) == 1; }));
    CHECK(timers_gone(world));
    CHECK(calls_since(world) == 1);
    CHECK(command_ids(world) == std::vector{id_of_report(1)});
  }
}

TEST_CASE("an effect that was renamed goes on with what it began, under the same key and ids",
          "[engine][effects]") {
  World world;
  leave_attempt(world, 2, world.clock.now());
  const auto first_key = world.effects.calls().front().key;
  world.effects.on_call(fail);
  Node node(world, {model_of<Telling<Once>>()}, impatient());
  REQUIRE(withdrawn(world, 2));
  CHECK(command_ids(world) == std::vector{id_of_report(2)});
  CHECK(world.effects.calls().at(1).key == first_key);
  CHECK(world.effects.calls().at(1).effect == "tell");

  (void)accepted(node.send(command_to(alice, deposit(7))));
  REQUIRE(eventually(patience, [&] { return withdrawals(world).size() == 2; }));
  CHECK(world.effects.calls().at(2).key == effect_key(alices.str(), 3, "report"));
  CHECK(timers_gone(world));
}

TEST_CASE("a timer that was renamed can be disarmed", "[engine][timers]") {
  World world;
  {
    Node node(world, {model_of<Punctual>()});
    (void)accepted(node.send(command_to(alice, deposit(7))));
    REQUIRE(eventually(patience, [&] { return !world.broker.armed("TMR_EXAMPLE").empty(); }));
  }
  Node node(world, {model_of<Renamed>()});
  (void)accepted(node.send(command_to(alice, withdraw(3))));
  CHECK(timers_gone(world));
}

TEST_CASE("an effect that this program does not know is a condition, and waits",
          "[engine][effects]") {
  World world;
  leave_attempt(world, 2, world.clock.now());
  Node node(world, {model_of<Abroad>()}, impatient());
  REQUIRE(eventually(patience, [&] {
    return !node.says(condition::timers_put_off, "example", "timers").empty();
  }));
  const auto sentence = node.says(condition::timers_put_off, "example", "timers");
  CHECK(sentence.find("example has no effect report") != std::string::npos);
  CHECK(sentence.find("formerly") != std::string::npos);
  CHECK(eventually(patience, [&] { return world.broker.armed("TMR_EXAMPLE").size() == 1; }));
}

}  // namespace troupe::engine::test

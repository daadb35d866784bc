// What a flow of the test kit does, shown with one account that is asked for by an effect and a
// timer.
#include <memory>

#include <troupe/context.hpp>
#include <troupe/testing/flow.hpp>
#include "example/v1/account.pb.h"

namespace {

using namespace troupe;
using namespace std::chrono_literals;
using example::v1::MoneyDeposited;
using testing::Flow;
using testing::OutsideCall;
using testing::pb;

constexpr std::int64_t fee_cents = 1;

struct Account {
  static constexpr std::string_view name = "account";
  using State = example::v1::AccountState;
  using Commands = MessageSet<example::v1::DepositMoney, example::v1::WithdrawMoney>;
  using Events = MessageSet<MoneyDeposited, example::v1::MoneyWithdrawn>;

  static Decision<Events> decide(const State&, const example::v1::DepositMoney& command) {
    return make<MoneyDeposited>([&](auto& e) { e.set_cents(command.cents()); });
  }
  static Decision<Events> decide(const State&, const example::v1::WithdrawMoney& command) {
    return make<example::v1::MoneyWithdrawn>([&](auto& e) { e.set_cents(command.cents()); });
  }
  static void evolve(State& state, const MoneyDeposited& e) {
    state.set_balance_cents(state.balance_cents() + e.cents());
  }
  static void evolve(State& state, const example::v1::MoneyWithdrawn& e) {
    state.set_balance_cents(state.balance_cents() - e.cents());
  }
};

Asks<Account> withdraw_from(std::string_view id, std::int64_t cents) {
  return ask<Account>(id, pb<example::v1::WithdrawMoney>("cents: " + std::to_string(cents)));
}

// [timer]
/// A day after a deposit the bank takes its fee.
struct Fee : Timer {
  static constexpr std::string_view name = "fee";
  using Aggregate = ::Account;
  using Events = MessageSet<MoneyDeposited>;
  static TimerChange<::Account> on(const Recorded<MoneyDeposited>& e) {
    return TimerChange<::Account>::arm(e.time + 24h, pb<example::v1::WithdrawMoney>("cents: 1"));
  }
};
// [timer]

// [effect]
/// Sends all of a deposit abroad; what cannot be sent stays.
struct Abroad : Effect {
  static constexpr std::string_view name = "abroad";
  using Aggregate = ::Account;
  using Event = MoneyDeposited;
  using Request = MoneyDeposited;
  using Answer = MoneyDeposited;
  static constexpr Retry retry{.attempts = 3};
  static Request request(const Recorded<Event>& e) { return e.data; }
  static Asks<::Account> answered(const Recorded<Event>& e, const Answer& sent) {
    return withdraw_from(e.id, sent.cents());
  }
  static Asks<::Account> failed(const Recorded<Event>&, const FailedAttempt&) { return {}; }
};
// [effect]

/// The same, every hour of a day; what cannot be sent then costs a fee.
struct Stubborn : Abroad {
  static constexpr Retry retry{.first_pause = 1h, .longest_pause = 1h, .age = 24h};
  static Asks<::Account> failed(const Recorded<Event>& e, const FailedAttempt& attempt) {
    return attempt.last ? withdraw_from(e.id, fee_cents) : Asks<::Account>{};
  }
};

struct WithFee {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Fee>;
  using Public = troupe::Public<example::v1::DepositMoney>;
};

struct WithAbroad {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Abroad>;
  using Public = troupe::Public<example::v1::DepositMoney>;
};

struct WithStubborn {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Stubborn>;
  using Public = troupe::Public<example::v1::DepositMoney>;
};

void deposit(Flow& flow, std::int64_t cents) {
  CHECK_FALSE(flow.send("example", "account", "a",
                        pb<example::v1::DepositMoney>("cents: " + std::to_string(cents)), "c-1"));
}

std::int64_t balance(Flow& flow) { return flow.state<Account>("example", "a").balance_cents(); }

}  // namespace

TEST_CASE("a flow goes on until a time, and not beyond", "[flow][kit]") {
  const auto seed = GENERATE(range(1u, 21u));
  Flow flow({model_of<WithFee>()}, seed);
  const auto begun = flow.now();
  deposit(flow, 100);
  flow.run_until(begun + 23h);
  CHECK(flow.now() == begun + 23h);
  CHECK(balance(flow) == 100);
  flow.run_until(begun + 25h);
  CHECK(balance(flow) == 100 - fee_cents);
  CHECK(flow.now() >= begun + 25h);
}

// [flow]
TEST_CASE("a flow's outside may fail, and is asked again with the same key", "[flow][kit]") {
  const auto seed = GENERATE(range(1u, 21u));
  std::set<std::string> keys;
  std::set<unsigned> attempts;
  Flow flow({model_of<WithAbroad>()}, seed, [&](const OutsideCall& call) -> SharedMessage {
    CHECK(call.effect == "abroad");
    keys.insert(call.key);
    attempts.insert(call.attempt);
    if (call.attempt < 3) return nullptr;
    return std::make_shared<MoneyDeposited>(static_cast<const MoneyDeposited&>(call.request));
  });
  deposit(flow, 100);
  flow.run();
  CHECK(balance(flow) == 0);
  CHECK(keys.size() == 1);
  CHECK(attempts == std::set{1U, 2U, 3U});
}
// [flow]

TEST_CASE("a flow's calls are tried as their policy says, in virtual time", "[flow][kit]") {
  const auto seed = GENERATE(range(1u, 21u));
  std::vector<Time> attempts;
  const Flow* world = nullptr;
  Flow flow({model_of<WithStubborn>()}, seed, [&](const OutsideCall&) -> SharedMessage {
    attempts.push_back(world->now());
    return nullptr;
  });
  world = &flow;
  const auto begun = flow.now();
  deposit(flow, 100);
  flow.run_until(begun + 12h);
  CHECK(attempts.size() >= 12);
  CHECK(attempts.size() <= 17);
  CHECK(balance(flow) == 100);
  flow.run();
  CHECK(attempts.size() >= 24);
  CHECK(attempts.back() <= begun + 24h);
  CHECK(attempts.back() >= begun + 22h);
  CHECK(balance(flow) == 100 - fee_cents);
}

TEST_CASE("a flow does a repeated command once", "[flow][kit]") {
  Flow flow({model_of<WithFee>()}, 1);
  deposit(flow, 100);
  deposit(flow, 100);
  CHECK(balance(flow) == 100);
  CHECK(flow.commands_repeated() == 1);
}

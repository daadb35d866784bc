// The example of README.md and CONTRIBUTING.md, compiled and run.
#include <troupe/aggregate.hpp>
#include <troupe/testing/given.hpp>
#include "example/v1/account.pb.h"

// [aggregate]
// A bank account: never below zero.
struct Account {
  static constexpr std::string_view name = "account";
  using State = example::v1::AccountState;
  using Commands = troupe::MessageSet<example::v1::DepositMoney, example::v1::WithdrawMoney>;
  using Events = troupe::MessageSet<example::v1::MoneyDeposited, example::v1::MoneyWithdrawn>;
  using Decision = troupe::Decision<Events>;

  static constexpr troupe::Rejection bad_amount{"account.bad_amount"};
  static constexpr troupe::Rejection insufficient_funds{"account.insufficient_funds"};

  static Decision decide(const State&, const example::v1::DepositMoney& deposit) {
    if (deposit.cents() <= 0) return bad_amount;
    return troupe::make<example::v1::MoneyDeposited>(
        [&](auto& e) { e.set_cents(deposit.cents()); });
  }
  static Decision decide(const State& account, const example::v1::WithdrawMoney& withdraw) {
    if (withdraw.cents() <= 0) return bad_amount;
    if (withdraw.cents() > account.balance_cents()) return insufficient_funds;
    return troupe::make<example::v1::MoneyWithdrawn>(
        [&](auto& e) { e.set_cents(withdraw.cents()); });
  }

  static void evolve(State& account, const example::v1::MoneyDeposited& e) {
    account.set_balance_cents(account.balance_cents() + e.cents());
  }
  static void evolve(State& account, const example::v1::MoneyWithdrawn& e) {
    account.set_balance_cents(account.balance_cents() - e.cents());
  }
};
static_assert(troupe::Aggregate<Account>);
// [aggregate]

namespace {

using troupe::testing::given;
using troupe::testing::pb;

const auto deposited_100 = pb<example::v1::MoneyDeposited>("cents: 100");

// [test]
TEST_CASE("a withdrawal within the balance is recorded", "[account]") {
  given<Account>(deposited_100)
      .when(pb<example::v1::WithdrawMoney>("cents: 100"))
      .then(pb<example::v1::MoneyWithdrawn>("cents: 100"));
}

TEST_CASE("a withdrawal beyond the balance is rejected", "[account]") {
  given<Account>(deposited_100)
      .when(pb<example::v1::WithdrawMoney>("cents: 101"))
      .then_rejected(Account::insufficient_funds);
}
// [test]

TEST_CASE("an amount of zero or below is rejected", "[account]") {
  given<Account>()
      .when(pb<example::v1::DepositMoney>("cents: 0"))
      .then_rejected(Account::bad_amount);
  given<Account>()
      .when(pb<example::v1::WithdrawMoney>("cents: -1"))
      .then_rejected(Account::bad_amount);
}

}  // namespace

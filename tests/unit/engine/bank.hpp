// A small context for tests of the engine: accounts that can be refused, overdone and made to
// crash.
#pragma once

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>

#include <google/protobuf/wrappers.pb.h>

#include <troupe/context.hpp>
#include "example/v1/account.pb.h"

namespace troupe::engine::test {

namespace v1 = example::v1;

struct Account {
  static constexpr std::string_view name = "account";
  using State = v1::AccountState;
  using Commands = MessageSet<v1::DepositMoney, v1::WithdrawMoney>;
  using Events = MessageSet<v1::MoneyDeposited, v1::MoneyWithdrawn>;

  static constexpr Rejection insufficient_funds{"account.insufficient_funds"};
  /// A deposit of so much throws, as often as `crashes_left` says.
  static constexpr std::int64_t cursed_cents = 1'313;
  static inline std::atomic<int> crashes_left{0};

  static Decision<Events> decide(const State&, const v1::DepositMoney& deposit) {
    if (deposit.cents() == 0) return nothing;
    if (deposit.cents() == cursed_cents && crashes_left.fetch_sub(1) > 0)
      throw std::logic_error("a cursed deposit");
    v1::MoneyDeposited deposited;
    deposited.set_cents(deposit.cents());
    return deposited;
  }
  static Decision<Events> decide(const State& account, const v1::WithdrawMoney& withdraw) {
    if (withdraw.cents() > account.balance_cents()) return insufficient_funds;
    v1::MoneyWithdrawn withdrawn;
    withdrawn.set_cents(withdraw.cents());
    return withdrawn;
  }
  static void evolve(State& account, const v1::MoneyDeposited& deposited) {
    account.set_balance_cents(account.balance_cents() + deposited.cents());
  }
  static void evolve(State& account, const v1::MoneyWithdrawn& withdrawn) {
    account.set_balance_cents(account.balance_cents() - withdrawn.cents());
  }
};

/// Records whatever text it is given.
struct Note {
  static constexpr std::string_view name = "note";
  using State = google::protobuf::StringValue;
  using Commands = MessageSet<google::protobuf::StringValue>;
  using Events = MessageSet<google::protobuf::StringValue>;

  static Decision<Events> decide(const State&, const google::protobuf::StringValue& text) {
    return text;
  }
  static void evolve(State& state, const google::protobuf::StringValue& text) { state = text; }
};

struct Balances : View {
  static constexpr std::string_view name = "balances";
  using Row = v1::AccountState;
  using Events = Account::Events;

  static void project(Row& row, const Recorded<v1::MoneyDeposited>& event) {
    row.set_balance_cents(row.balance_cents() + event.data.cents());
  }
  static void project(Row& row, const Recorded<v1::MoneyWithdrawn>& event) {
    row.set_balance_cents(row.balance_cents() - event.data.cents());
  }
};

struct BalanceOf : Query {
  using Question = google::protobuf::StringValue;  ///< the account's id
  using Reply = v1::AccountState;

  static Answer<Reply> answer(const Question& question, const Views& views) {
    const auto row = views.get<Balances>(question.value());
    if (!row) return Miss{"account.unknown"};
    return *row;
  }
};

struct Bank {
  static constexpr std::string_view name = "example";
  using Parts = troupe::Parts<Account, Note, Balances, BalanceOf>;
  using Public = troupe::Public<v1::DepositMoney, v1::WithdrawMoney, google::protobuf::StringValue>;
};

inline v1::DepositMoney deposit(std::int64_t cents) {
  v1::DepositMoney command;
  command.set_cents(cents);
  return command;
}

inline v1::WithdrawMoney withdraw(std::int64_t cents) {
  v1::WithdrawMoney command;
  command.set_cents(cents);
  return command;
}

}  // namespace troupe::engine::test

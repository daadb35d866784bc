// A context that listens to the bank, for tests of reactions.
#pragma once

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/engine/reactions/reactor.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::engine::test {

using google::protobuf::Int64Value;
inline Int64Value amount(std::int64_t cents) {
  Int64Value value;
  value.set_value(cents);
  return value;
}

/// Writes down amounts; some it refuses.
struct Ledger {
  static constexpr std::string_view name = "ledger";
  using State = Int64Value;
  using Commands = MessageSet<Int64Value>;
  using Events = MessageSet<Int64Value>;

  static constexpr Rejection negative{"ledger:negative"};  // a colon means nothing
  static constexpr Rejection cursed{"ledger.cursed"};
  static constexpr std::int64_t cursed_cents = 666;
  static inline std::atomic<bool> curse{true};

  static Decision<Events> decide(const State&, const Int64Value& cents) {
    if (cents.value() < 0) return negative;
    if (cents.value() == cursed_cents && curse) return cursed;
    return cents;
  }
  static void evolve(State& state, const Int64Value& cents) { state = cents; }
};

struct BookDeposits : Reaction {
  static constexpr std::string_view name = "book-deposits";
  using Aggregate = Ledger;
  using Events = MessageSet<v1::MoneyDeposited, v1::MoneyWithdrawn>;
  static constexpr std::array expected{Ledger::negative};

  static constexpr std::int64_t twice_cents = 2;
  static constexpr std::int64_t nowhere_cents = 404;
  static constexpr std::int64_t throwing_cents = 500;

  static Asks<Ledger> on(const Recorded<v1::MoneyDeposited>& event) {
    const auto cents = event.data.cents();
    if (cents == throwing_cents) throw std::logic_error("a cursed event");
    if (cents == nowhere_cents) return ask<Ledger>("no where", amount(cents));
    Asks<Ledger> asks;
    asks.ask(std::string(event.id), amount(cents));
    if (cents == twice_cents) asks.ask(std::string(event.id), amount(cents));
    return asks;
  }
  static Asks<Ledger> on(const Recorded<v1::MoneyWithdrawn>& event) {
    return ask<Ledger>(event.id, amount(-event.data.cents()));
  }
};

struct Mirror {
  static constexpr std::string_view name = "mirror";
  using Parts = troupe::Parts<Ledger, BookDeposits>;
};

inline const auto mirror_token = *Token::parse("mirror");
inline const auto consumer = *Token::parse("mirror-from-example");

inline Instance account(std::string_view id) { return instance("example", "account", id); }

inline std::vector<std::int64_t> booked(World& world, std::string_view id) {
  std::vector<std::int64_t> amounts;
  for (const auto& stored : world.commits(Subject::events(instance("mirror", "ledger", id)))) {
    const auto commit = parsed(stored);
    for (const auto& event : commit.events()) {
      Int64Value cents;
      if (event.UnpackTo(&cents)) amounts.push_back(cents.value());
    }
  }
  return amounts;
}

inline bool all_handled(World& world) {
  return troupe::test::eventually(patience, [&] {
    for (const auto& waiting : world.broker.waiting("EVT_EXAMPLE"))
      if (waiting.undelivered + waiting.unacknowledged != 0) return false;
    return true;
  });
}

inline std::vector<troupe::v1::ParkedEvent> parked(World& world) {
  std::vector<troupe::v1::ParkedEvent> events;
  const auto records = world.broker.scan("DLQ_MIRROR", "dlq.mirror.mirror-from-example.").value();
  for (const auto& one : records) events.emplace_back().ParseFromString(one.bytes);
  return events;
}

inline std::vector<ContextModel> both() { return {model_of<Bank>(), model_of<Mirror>()}; }

}  // namespace troupe::engine::test

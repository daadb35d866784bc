// What an account has in its log before a test begins.
#pragma once

#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <troupe/timestamp.hpp>
#include "tests/unit/engine/bank.hpp"
#include "tests/unit/engine/node.hpp"

namespace troupe::engine::test {

inline const auto alice = instance("example", "account", "alice");
inline const auto alices = Subject::events(alice);

/// A commit as another writer would store it.
inline std::string foreign_commit(std::uint64_t version, const std::string& previous, Time at,
                                  const std::string& command_id, std::int64_t cents) {
  troupe::v1::Commit commit;
  commit.set_context("example");
  commit.set_aggregate("account");
  commit.set_id("alice");
  commit.set_first_version(version);
  commit.set_command_id(command_id);
  commit.set_command_type("DepositMoney");
  commit.set_command_hash(command_hash("DepositMoney", deposit(cents)));
  *commit.mutable_committed_at() = to_timestamp(at);
  v1::MoneyDeposited deposited;
  deposited.set_cents(cents);
  commit.add_events()->PackFrom(deposited);
  if (!previous.empty()) commit.set_previous_hash(sha256(previous));
  return commit.SerializeAsString();
}

inline void store(World& world, std::uint64_t expected, std::vector<std::string> commits) {
  std::promise<AppendResult> promise;
  world.log.append(alices, expected, std::move(commits),
                   [&](AppendResult result) { promise.set_value(result); });
  if (get(promise.get_future()).outcome != AppendResult::Outcome::acknowledged)
    throw std::runtime_error("the test's own append was refused");
  // Whoever appends has recorded the stream.
  const auto stream = stream_name(StreamKind::events, alice.context);
  const auto facts = world.inspector.facts(stream).value().value();
  if (!world.inspector.accept(stream,
                              {.created = facts.created,
                               .last_sequence = 0,
                               .accepted_at = world.clock.now(),
                               .accepted_by = "another node"},
                              StreamInspector::Record::first))
    throw std::runtime_error("the test's own record was refused");
}

/// Commits of the commands c1, c2, and so on, with these commit times.
inline void store_history(World& world, std::uint64_t count,
                          const std::function<Time(std::uint64_t)>& time_of) {
  std::string previous;
  std::vector<std::string> commits;
  for (std::uint64_t version = 1; version <= count; ++version) {
    previous =
        foreign_commit(version, previous, time_of(version), "c" + std::to_string(version), 1);
    commits.push_back(previous);
    if (commits.size() < 200 && version < count) continue;
    const auto expected = version - commits.size();
    store(world, expected, std::exchange(commits, {}));
  }
}

}  // namespace troupe::engine::test

// Appends of several commits each share batches when there are many of them.
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/log/multi_commit_appends.hpp"
#include "tests/unit/nats/scripted_connection.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nats::MultiCommitAppends;
using Outcome = AppendResult::Outcome;
using Sent = ScriptedConnection::Sent;

namespace {

constexpr auto under_way_max = MultiCommitAppends::under_way_max;

struct Log {
  ScriptedConnection connection;
  nats::BatchSender sender{connection, 5s};
  std::shared_ptr<MultiCommitAppends> appends =
      std::make_shared<MultiCommitAppends>(sender, "EVT_ORDERING");
  std::map<std::size_t, AppendResult> results;

  /// Two commits each.
  void append(std::size_t number) {
    const auto id = Token::parse("o-" + std::to_string(number)).value();
    appends->send(
        {Subject::events({Token::parse("ordering").value(), Token::parse("order").value(), id}),
         number,
         {"first", "second"},
         [this, number](AppendResult result) {
           REQUIRE(results.emplace(number, std::move(result)).second);
         }});
  }
  std::vector<Sent> take_batch() {
    std::vector<Sent> batch;
    do batch.push_back(connection.take());
    while (batch.back().header("Nats-Batch-Commit").empty());
    return batch;
  }
  static void acknowledge(const std::vector<Sent>& batch, std::uint64_t last) {
    batch.back().answered(ScriptedConnection::reply(
        R"({"stream":"EVT_ORDERING","seq":)" + std::to_string(last) + R"(,"batch":"b","count":)"
        + std::to_string(batch.size()) + "}"));
  }
  static void refuse(const std::vector<Sent>& batch, int err_code, const std::string& text) {
    batch.back().answered(ScriptedConnection::reply(R"({"error":{"code":400,"err_code":)"
                                                    + std::to_string(err_code)
                                                    + R"(,"description":")" + text + R"("}})"));
  }
};

}  // namespace

TEST_CASE("multi-commit appends: a few go each on its own, the others gather and share one",
          "[nats][multi_commit_appends]") {
  Log log;
  for (std::size_t i = 0; i < under_way_max + 10; ++i) log.append(i);
  REQUIRE(log.connection.sent.size() == 2 * under_way_max);
  for (std::size_t i = 0; i < under_way_max; ++i) {
    const auto batch = log.take_batch();
    REQUIRE(batch.size() == 2);
    CHECK(batch[0].header("Nats-Expected-Last-Subject-Sequence") == std::to_string(i));
    CHECK(batch[1].header("Nats-Expected-Last-Subject-Sequence").empty());
    if (i == 0) Log::acknowledge(batch, 102);
  }
  CHECK(log.results.at(0).sequence == 102);

  const auto shared = log.take_batch();
  REQUIRE(shared.size() == 20);
  Log::acknowledge(shared, 220);
  CHECK(log.results.at(under_way_max).sequence == 202);
  CHECK(log.results.at(under_way_max + 9).sequence == 220);
}

TEST_CASE("multi-commit appends: what is refused together goes one by one",
          "[nats][multi_commit_appends]") {
  Log log;
  for (std::size_t i = 0; i < under_way_max + 3; ++i) log.append(i);
  std::vector<std::vector<Sent>> first;
  for (std::size_t i = 0; i < under_way_max; ++i) first.push_back(log.take_batch());
  Log::acknowledge(first[0], 102);
  Log::refuse(log.take_batch(), 10071, "wrong last sequence: 7");
  for (std::size_t i = 1; i < under_way_max; ++i) Log::acknowledge(first[i], 102 + 2 * i);

  std::size_t conflicts = 0;
  for (int i = 0; i < 3; ++i) {
    const auto batch = log.take_batch();
    REQUIRE(batch.size() == 2);
    if (i == 1)
      Log::refuse(batch, 10071, "wrong last sequence: 7");
    else
      Log::acknowledge(batch, 200);
  }
  REQUIRE(log.results.size() == under_way_max + 3);
  for (const auto& [number, result] : log.results) conflicts += result.outcome == Outcome::conflict;
  CHECK(conflicts == 1);
}

TEST_CASE("multi-commit appends: fewer go at a time where the server refuses some",
          "[nats][multi_commit_appends]") {
  Log log;
  for (std::size_t i = 0; i < under_way_max; ++i) log.append(i);
  std::vector<std::vector<Sent>> first;
  for (std::size_t i = 0; i < under_way_max; ++i) first.push_back(log.take_batch());
  Log::refuse(first[0], 10176, "atomic publish batch is incomplete");
  CHECK(log.connection.sent.empty());  // one is under way, and there is room for one
  for (std::size_t i = 1; i < under_way_max; ++i) Log::acknowledge(first[i], 100 + 2 * i);
  std::uint64_t last = 200;
  while (!log.connection.sent.empty()) Log::acknowledge(log.take_batch(), last += 2);
  CHECK(log.results.size() == under_way_max);
}

TEST_CASE("multi-commit appends: one that the server has no room for goes again, a few times",
          "[nats][multi_commit_appends]") {
  Log log;
  log.append(1);
  for (unsigned i = 0; i < MultiCommitAppends::refusals_max; ++i) {
    CHECK(log.results.empty());
    Log::refuse(log.take_batch(), 10176, "atomic publish batch is incomplete");
  }
  CHECK(log.results.empty());
  SECTION("and is stored") {
    Log::acknowledge(log.take_batch(), 12);
    CHECK(log.results.at(1).sequence == 12);
  }
  SECTION("or is refused") {
    Log::refuse(log.take_batch(), 10176, "atomic publish batch is incomplete");
    CHECK(log.results.at(1).outcome == Outcome::refused);
    CHECK(log.connection.sent.empty());
  }
}

TEST_CASE("multi-commit appends: one that the server will never take is refused at once",
          "[nats][multi_commit_appends]") {
  Log log;
  log.append(1);
  Log::refuse(log.take_batch(), 10054, "message size exceeds maximum allowed");
  CHECK(log.results.at(1).outcome == Outcome::refused);
  CHECK(log.results.at(1).too_large);
  CHECK(log.connection.sent.empty());
}

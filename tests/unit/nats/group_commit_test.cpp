// How appends of many instances share a batch, and what each is told when the batch fails.
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/log/group_commit.hpp"
#include "tests/unit/nats/scripted_connection.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nats::GroupCommit;
using Outcome = AppendResult::Outcome;
using Sent = ScriptedConnection::Sent;

namespace {

Subject instance(int number) {
  return Subject::events({Token::parse("ordering").value(), Token::parse("order").value(),
                          Token::parse("o-" + std::to_string(number)).value()});
}

/// A stream that flushes its disk for every append, as long as nobody says otherwise.
struct Log {
  ScriptedConnection connection;
  nats::AppendPace::Time now{1h};
  std::shared_ptr<GroupCommit> commits =
      std::make_shared<GroupCommit>(connection, "EVT_ORDERING", 5s, [this] { return now; });
  std::map<int, AppendResult> results;
  std::uint64_t sequence = 0;

  void append(int number, std::uint64_t expected = 0, std::vector<std::string> bytes = {"commit"}) {
    commits->append({instance(number), expected, std::move(bytes), [this, number](AppendResult r) {
                       REQUIRE(results.emplace(number, std::move(r)).second);
                     }});
  }

  void acknowledge_alone(const Sent& sent) {
    REQUIRE(sent.header("Nats-Batch-Id").empty());
    now += 220us;
    sent.answered(ScriptedConnection::reply(R"({"stream":"EVT_ORDERING","seq":)"
                                            + std::to_string(++sequence) + "}"));
  }

  void acknowledge_all() {
    while (!connection.sent.empty())
      if (connection.sent.front().header("Nats-Batch-Id").empty())
        acknowledge_alone(connection.take());
      else
        acknowledge(take_batch());
  }

  /// Teaches that appends alone are slow. Afterwards nothing is under way, and no measurement is
  /// due.
  void measure() {
    int number = 10'000;
    for (std::size_t round = 0; round < nats::AppendPace::kept; ++round) {
      for (std::size_t i = 0; i <= nats::AppendPace::probe_min; ++i) append(number++);
      if (round == 0) acknowledge_alone(connection.take());  // enough are under way to measure
      for (std::size_t i = 0; i < nats::AppendPace::probe_max; ++i) append(number++);
      acknowledge_all();
      results.clear();
      now += nats::AppendPace::first_due_after + 1ms;
    }
  }

  /// The messages of the batch that was sent first, up to its commit.
  std::vector<Sent> take_batch() {
    std::vector<Sent> batch;
    while (!connection.sent.empty()) {
      batch.push_back(connection.take());
      REQUIRE(batch.back().header("Nats-Batch-Id") == batch.front().header("Nats-Batch-Id"));
      REQUIRE(batch.back().header("Nats-Batch-Sequence") == std::to_string(batch.size()));
      if (!batch.back().header("Nats-Batch-Commit").empty()) return batch;
    }
    FAIL("a batch has no end");
    return {};
  }

  void acknowledge(const std::vector<Sent>& batch) {
    sequence += batch.size();
    now += 1ms;
    answer(batch, R"({"stream":"EVT_ORDERING","seq":)" + std::to_string(sequence)
                      + R"(,"batch":"b","count":)" + std::to_string(batch.size()) + "}");
  }
  void refuse(const std::vector<Sent>& batch, int code, int err_code, const std::string& text) {
    answer(batch, R"({"error":{"code":)" + std::to_string(code) + R"(,"err_code":)"
                      + std::to_string(err_code) + R"(,"description":")" + text + R"("}})");
  }
  static void answer(const std::vector<Sent>& batch, const std::string& body) {
    batch.back().answered(ScriptedConnection::reply(body));
  }

  /// Far more than can go; those that go alone at first are acknowledged.
  void flood() {
    for (int i = 0; i < 5'000; ++i) append(30'000 + i);
    while (connection.sent.front().header("Nats-Batch-Id").empty())
      acknowledge_alone(connection.take());
  }

  /// Lets these instances gather behind one large append, and returns the batch that they are.
  std::vector<Sent> batch_of(int first, int last) {
    constexpr int large = 20'000;
    append(large, 0, std::vector<std::string>(950, "commit"));
    const auto ahead = take_batch();
    for (int i = first; i <= last; ++i) append(i, static_cast<std::uint64_t>(i));
    acknowledge(ahead);
    results.erase(large);
    return take_batch();
  }
};

}  // namespace

TEST_CASE("group commit: as long as nobody knows better everything goes alone and at once",
          "[nats][group_commit]") {
  Log log;
  for (int i = 0; i < 2'000; ++i) log.append(i, static_cast<std::uint64_t>(i));
  REQUIRE(log.connection.sent.size() == 2'000);
  CHECK(log.connection.sent[7].subject == "evt.ordering.order.o-7");
  CHECK(log.connection.sent[7].header("Nats-Expected-Last-Subject-Sequence") == "7");
  log.acknowledge_alone(log.connection.take());
  CHECK(log.results.at(0).outcome == Outcome::acknowledged);
  CHECK(log.results.at(0).sequence == 1);
}

TEST_CASE("group commit: a measurement is of appends that have the stream to themselves",
          "[nats][group_commit]") {
  Log log;
  for (int i = 0; i < 100; ++i) log.append(i);
  log.acknowledge_alone(log.connection.take());  // enough are under way to measure
  for (int i = 100; i < 200; ++i) log.append(i);
  CHECK(log.connection.sent.size() == 99);  // the new ones wait until the old ones are answered
  for (int i = 0; i < 99; ++i) log.acknowledge_alone(log.connection.take());
  REQUIRE(log.connection.sent.size() == nats::AppendPace::probe_max);

  SECTION("afterwards the others go on") {
    log.acknowledge_all();
    CHECK(log.results.size() == 200);
  }
  SECTION("also when one of them has no answer") {
    log.connection.take().answered({nats::Reply::Status::timed_out, {}});
    CHECK(log.results.at(100).outcome == Outcome::unknown);
    log.acknowledge_all();
    CHECK(log.results.size() == 200);
  }
}

TEST_CASE("group commit: with too few to measure everything goes on", "[nats][group_commit]") {
  Log log;
  for (int i = 0; i < 20; ++i) log.append(i);
  log.acknowledge_alone(log.connection.take());
  for (int i = 20; i < 25; ++i) log.append(i, 0, {"first", "second"});
  CHECK(log.connection.sent.size() == 19);  // the new ones wait for the measurement
  log.acknowledge_all();
  CHECK(log.results.size() == 25);
}

TEST_CASE("group commit: what is under way is not awaited for ever to measure",
          "[nats][group_commit]") {
  Log log;
  for (int i = 0; i < 100; ++i) log.append(i);
  log.acknowledge_alone(log.connection.take());
  log.append(100);
  CHECK(log.connection.sent.size() == 99);
  log.now += 2s;
  log.append(101);
  CHECK(log.connection.sent.size() == 101);
}

TEST_CASE(
    "group commit: a few behind a slow stream gather and still go alone, in the order they came",
    "[nats][group_commit]") {
  Log log;
  log.measure();
  const auto before = log.sequence;
  // So many go alone as four flushes are worth, and what a batch was measured to need beside.
  int alone = 0;
  while (log.connection.sent.size() == static_cast<std::size_t>(alone)) log.append(alone++);
  --alone;
  CHECK(alone >= 4);
  CHECK(alone < 16);
  log.append(100, 50, {"first", "second"});
  CHECK(log.connection.sent.size() == static_cast<std::size_t>(alone));

  for (int i = 0; i < alone; ++i) log.acknowledge_alone(log.connection.take());
  // Three messages are not worth a batch of their own: they go alone, the two of one append
  // together.
  REQUIRE(log.connection.sent.size() == 3);
  log.acknowledge_alone(log.connection.take());
  const auto pair = log.take_batch();
  REQUIRE(pair.size() == 2);
  CHECK(pair[0].header("Nats-Expected-Last-Subject-Sequence") == "50");
  CHECK(pair[1].header("Nats-Expected-Last-Subject-Sequence").empty());
  log.acknowledge(pair);
  CHECK(log.results.at(100).sequence == before + static_cast<std::uint64_t>(alone) + 3);
}

TEST_CASE("group commit: a batch holds each instance's own expectation", "[nats][group_commit]") {
  Log log;
  log.measure();
  const auto batch = log.batch_of(1, 30);
  REQUIRE(batch.size() == 30);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    CHECK(batch[i].subject == instance(static_cast<int>(i) + 1).str());
    CHECK(batch[i].header("Nats-Expected-Last-Subject-Sequence") == std::to_string(i + 1));
    CHECK(static_cast<bool>(batch[i].answered) == (i + 1 == batch.size()));
  }
  const auto before = log.sequence;
  log.acknowledge(batch);
  for (int i = 1; i <= 30; ++i) {
    CHECK(log.results.at(i).outcome == Outcome::acknowledged);
    CHECK(log.results.at(i).sequence == before + static_cast<std::uint64_t>(i));
  }
}

TEST_CASE("group commit: what is definitely not stored is sent again, each for itself",
          "[nats][group_commit]") {
  struct Refusal {
    int code;
    int err_code;
    const char* text;
  };
  const auto refusal = GENERATE(Refusal{400, 10071, "wrong last sequence: 7"},
                                Refusal{400, 10164, "wrong last sequence"},
                                Refusal{400, 10176, "atomic publish batch is incomplete"},
                                Refusal{400, 10199, "atomic publish batch is too large"},
                                Refusal{429, 10210, "atomic publish too many inflight"});
  CAPTURE(refusal.err_code);
  Log log;
  log.measure();
  const auto batch = log.batch_of(1, 20);
  log.refuse(batch, refusal.code, refusal.err_code, refusal.text);
  CHECK(log.results.empty());
  REQUIRE(log.connection.sent.size() == 20);

  // One really conflicts; the others are stored in the same round.
  for (int i = 1; i <= 20; ++i) {
    const auto sent = log.connection.take();
    CHECK(sent.subject == instance(i).str());
    if (i == 7)
      log.refuse({sent}, 400, 10071, "wrong last sequence: 7");
    else
      log.acknowledge_alone(sent);
  }
  REQUIRE(log.results.size() == 20);
  for (const auto& [number, result] : log.results)
    CHECK(result.outcome == (number == 7 ? Outcome::conflict : Outcome::acknowledged));
}

TEST_CASE("group commit: a batch in doubt is in doubt for each of its appends",
          "[nats][group_commit]") {
  Log log;
  log.measure();
  const auto batch = log.batch_of(1, 20);
  const int how = GENERATE(0, 1, 2, 3);
  CAPTURE(how);
  switch (how) {
    case 0:
      batch.back().answered({nats::Reply::Status::timed_out, {}});
      break;
    case 1:
      batch.back().answered({nats::Reply::Status::disconnected, {}});
      break;
    case 2:
      log.refuse(batch, 503, 10077, "store failed");
      break;
    default:
      log.answer(batch, R"({"stream":"EVT_ORDERING","seq":90,"batch":"b","count":19})");
  }
  REQUIRE(log.results.size() == 20);
  for (const auto& [number, result] : log.results) {
    CHECK(result.outcome == Outcome::unknown);
    CHECK_FALSE(result.detail.empty());
  }
  log.append(99);
  CHECK(log.connection.sent.size() == 1);  // the stream is free again
}

TEST_CASE("group commit: two batches are under way at most, of so many messages at most",
          "[nats][group_commit]") {
  Log log;
  log.measure();
  log.flood();
  const auto first = log.take_batch();
  const auto second = log.take_batch();
  CHECK(log.connection.sent.empty());
  CHECK(first.size() <= nats::batch_messages_max);
  CHECK(second.size() <= nats::batch_messages_max);

  log.acknowledge(first);
  const auto third = log.take_batch();
  CHECK(third.size() == nats::batch_messages_max);
  CHECK(log.connection.sent.empty());
}

TEST_CASE("group commit: a server that takes smaller batches gets smaller ones",
          "[nats][group_commit]") {
  Log log;
  log.measure();
  const auto batch = log.batch_of(1, 400);
  log.refuse(batch, 400, 10199, "atomic publish batch is too large");
  while (!log.connection.sent.empty()) log.acknowledge_alone(log.connection.take());
  log.flood();
  const auto first = log.take_batch();
  const auto second = log.take_batch();
  log.acknowledge(first);
  CHECK(log.take_batch().size() == 200);  // half of what was refused
}

TEST_CASE("group commit: now and then some go alone, to measure them again",
          "[nats][group_commit]") {
  Log log;
  log.measure();
  log.now += nats::AppendPace::due_after + 1s;
  for (int i = 0; i < 500; ++i) log.append(i);
  std::size_t alone = 0;
  for (; log.connection.sent.front().header("Nats-Batch-Id").empty(); ++alone)
    log.acknowledge_alone(log.connection.take());
  CHECK(alone >= nats::AppendPace::probe_max);
  CHECK(alone < 2 * nats::AppendPace::probe_max);
  CHECK(log.take_batch().size() > 300);
}

// Appends of many instances to a server that flushes before every acknowledgement.
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/log/append_reply.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Outcome = AppendResult::Outcome;

namespace {

constexpr int instances = 200;
constexpr int rounds = 40;

/// A log on a server of its own that flushes before every acknowledgement.
struct DurableLog {
  explicit DurableLog(const std::string& limits = {})
      : server(or_throw(tool::PrivateNats::start(
          {.folder = folder.path(), .sync_always = true, .jetstream = limits}))) {
    or_throw(nats::ensure_streams(*connection, Token::parse("durable").value(), 1));
  }

  tool::TempFolder folder{"troupe-nats"};
  std::unique_ptr<tool::PrivateNats> server;
  std::unique_ptr<nats::Connection> connection =
      or_throw(nats::Connection::open({server->url(), "test"}));
  nats::StreamLeaders leaders{*connection};
  nats::JetStreamEventLog log{*connection, leaders};
};

Subject item(int number) {
  return Subject::events({Token::parse("durable").value(), Token::parse("item").value(),
                          Token::parse("i" + std::to_string(number)).value()});
}

/// Each instance appends again as soon as it has its answer. Every tenth append of one of them is
/// made at a wrong sequence.
class Writers {
public:
  explicit Writers(EventLog& log) : log_(log), last_(instances), made_(instances) {}

  /// Returns when all have their last answer.
  void run() {
    for (int i = 0; i < instances; ++i) append(i);
    finished_.get_future().wait();
  }

  std::map<Outcome, int> outcomes() const { return outcomes_; }
  std::uint64_t last(int number) const { return last_[static_cast<std::size_t>(number)]; }

private:
  void append(int number) {
    const auto at = static_cast<std::size_t>(number);
    const bool wrong = number % 20 == 0 && made_[at] % 10 == 5;
    ++made_[at];
    std::vector<std::string> commits(number % 7 == 0 ? 3 : 1, "commit");
    log_.append(item(number), wrong ? last_[at] + 1'000'000 : last_[at], std::move(commits),
                [this, number](const AppendResult& result) { answered(number, result); });
  }

  void answered(int number, const AppendResult& result) {
    const auto at = static_cast<std::size_t>(number);
    bool more = false;
    {
      const std::lock_guard lock(mutex_);
      ++outcomes_[result.outcome];
      if (result.outcome == Outcome::unknown) UNSCOPED_INFO(result.detail);
      if (result.outcome == Outcome::acknowledged) last_[at] = result.sequence;
      more = made_[at] < rounds;
      if (!more && ++done_ == instances) finished_.set_value();
    }
    if (more) append(number);
  }

  EventLog& log_;
  std::mutex mutex_;
  std::vector<std::uint64_t> last_;
  std::vector<int> made_;
  std::map<Outcome, int> outcomes_;
  int done_ = 0;
  std::promise<void> finished_;
};

}  // namespace

TEST_CASE("group commit on JetStream: a flush is shared, and each gets its own answer",
          "[contract][group_commit]") {
  DurableLog durable;
  auto& [folder, server, connection, leaders, log] = durable;

  Writers writers(log);
  writers.run();
  const auto outcomes = writers.outcomes();
  CHECK(outcomes.at(Outcome::conflict) == 10 * 4);  // ten instances, in four of their rounds
  CHECK(outcomes.at(Outcome::acknowledged) == instances * rounds - 10 * 4);
  CHECK_FALSE(outcomes.contains(Outcome::unknown));

  for (int i = 0; i < instances; ++i) {
    std::promise<Result<std::vector<StoredCommit>>> loaded;
    log.load(item(i), 0, [&](auto result) { loaded.set_value(std::move(result)); });
    const auto commits = loaded.get_future().get().value();
    const auto appends = static_cast<std::size_t>(rounds - (i % 20 == 0 ? 4 : 0));
    CHECK(commits.size() == appends * (i % 7 == 0 ? 3 : 1));
    CHECK(commits.back().sequence == writers.last(i));
  }

  // Appends of different instances really stand in one batch.
  std::map<std::string, std::set<std::string>> subjects_of_batch;
  const auto info = nats::ask_api_and_wait(*connection, "STREAM.INFO.EVT_DURABLE", {}).value();
  const auto end = info["state"]["last_seq"].get<std::uint64_t>();
  for (std::uint64_t sequence = 1; sequence <= end; ++sequence) {
    const auto stored = nats::read_stored_message(
        nats::ask_api_and_wait(*connection, "STREAM.MSG.GET.EVT_DURABLE", {{"seq", sequence}})
            .value());
    REQUIRE(stored);
    if (const auto batch = stored->header("Nats-Batch-Id"))
      subjects_of_batch[std::string(*batch)].insert(stored->subject);
  }
  std::size_t largest = 0;
  for (const auto& [batch, subjects] : subjects_of_batch)
    largest = std::max(largest, subjects.size());
  CHECK(largest >= 10);
}

TEST_CASE(
    "group commit on JetStream: a server that refuses many batches stores everything all the same",
    "[contract][group_commit]") {
  // It says 10199 to a batch of more messages and 10210 to one batch more; a batch that begins and
  // does not go on is given up after a second, and its end is answered with 10176.
  DurableLog durable(
      "  limits { batch { max_msgs: 30, max_inflight_per_stream: 4, timeout: \"1s\" } }\n");
  auto& [folder, server, connection, leaders, log] = durable;
  SECTION("because the batches are too large, or too many") {}
  SECTION("because somebody else's batch is open") {
    or_throw(connection->publish(item(10'000).str(),
                                 {{"Nats-Batch-Id", "abandoned"}, {"Nats-Batch-Sequence", "1"}},
                                 "commit"));
  }
  Writers writers(log);
  writers.run();
  const auto outcomes = writers.outcomes();
  CHECK(outcomes.at(Outcome::acknowledged) == instances * rounds - 10 * 4);
  CHECK(outcomes.at(Outcome::conflict) == 10 * 4);
  CHECK_FALSE(outcomes.contains(Outcome::unknown));
}

TEST_CASE("group commit on JetStream: the refusals of batches are what the server says",
          "[contract][group_commit]") {
  DurableLog durable(
      "  limits { batch { max_msgs: 3, max_inflight_per_stream: 1, timeout: \"1s\" } }\n");
  auto& [folder, server, connection, leaders, log] = durable;
  const auto send = [&](const std::string& batch, int number, bool last) {
    nats::Headers headers{{"Nats-Batch-Id", batch},
                          {"Nats-Batch-Sequence", std::to_string(number)}};
    if (last) headers.emplace_back("Nats-Batch-Commit", "1");
    if (!last) {
      or_throw(connection->publish(item(number).str(), headers, "commit"));
      return nats::AppendReply{};
    }
    return nats::read_append_reply(
        "EVT_DURABLE", connection->request_and_wait(item(number).str(), headers, "commit", 5s));
  };
  SECTION("too large") {
    for (int i = 1; i < 5; ++i) (void)send("large", i, false);
    const auto reply = send("large", 5, true);
    CHECK(reply.err_code == nats::api_error::batch_too_large);
    CHECK(reply.nothing_stored);
  }
  SECTION("one too many") {
    (void)send("first", 1, false);
    (void)send("second", 1, false);
    const auto reply = send("second", 2, true);
    CHECK(reply.err_code == 10176);  // the 10210 of its first message goes nowhere
    CHECK(reply.nothing_stored);
    CHECK(send("first", 2, true).outcome == Outcome::acknowledged);
  }
  SECTION("given up as it did not go on") {
    (void)send("slow", 1, false);
    REQUIRE(
        eventually(10s, [&] { return send("other", 1, true).outcome == Outcome::acknowledged; }));
    const auto reply = send("slow", 2, true);
    CHECK(reply.err_code == 10176);
    CHECK(reply.nothing_stored);
  }
}

// What the event log promises, in memory and in JetStream.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/api.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using Outcome = AppendResult::Outcome;
using Loaded = Result<std::vector<StoredCommit>>;

Subject instance(const Token& context, std::string_view id = "o-1") {
  return Subject::events({context, Token::parse("order").value(), Token::parse(id).value()});
}

std::future<AppendResult> begin_append(EventLog& log, const Subject& subject,
                                       std::uint64_t expected, std::vector<std::string> commits) {
  auto answer = std::make_shared<std::promise<AppendResult>>();
  auto result = answer->get_future();
  log.append(subject, expected, std::move(commits),
             [answer](AppendResult value) { answer->set_value(std::move(value)); });
  return result;
}

AppendResult append(EventLog& log, const Subject& subject, std::uint64_t expected,
                    std::vector<std::string> commits) {
  return begin_append(log, subject, expected, std::move(commits)).get();
}

Loaded load(EventLog& log, const Subject& subject, std::uint64_t after = 0) {
  auto answer = std::make_shared<std::promise<Loaded>>();
  auto result = answer->get_future();
  log.load(subject, after, [answer](Loaded value) { answer->set_value(std::move(value)); });
  return result.get();
}

Loaded load_before(EventLog& log, const Subject& subject, std::uint64_t before) {
  auto answer = std::make_shared<std::promise<Loaded>>();
  auto result = answer->get_future();
  log.load_before(subject, before, [answer](Loaded value) { answer->set_value(std::move(value)); });
  return result.get();
}

Loaded load_at(EventLog& log, const Subject& subject, std::vector<std::uint64_t> sequences) {
  auto answer = std::make_shared<std::promise<Loaded>>();
  auto result = answer->get_future();
  log.load_at(subject, std::move(sequences),
              [answer](Loaded value) { answer->set_value(std::move(value)); });
  return result.get();
}

std::vector<std::string> bytes_of(const std::vector<StoredCommit>& commits) {
  std::vector<std::string> bytes;
  for (const auto& commit : commits) bytes.push_back(commit.bytes);
  return bytes;
}

std::vector<std::string> bytes_of(const Loaded& loaded) { return bytes_of(loaded.value()); }

std::vector<std::string> numbered(std::size_t count, const std::string& prefix = "commit ") {
  std::vector<std::string> commits;
  for (std::size_t i = 1; i <= count; ++i) commits.push_back(prefix + std::to_string(i));
  return commits;
}

using Strings = std::vector<std::string>;

}  // namespace

TEMPLATE_TEST_CASE("event log: an instance begins with an append that expects 0",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  CHECK(load(backend.log(), subject).value().empty());

  const auto first = append(backend.log(), subject, 0, {"a"});
  REQUIRE(first.outcome == Outcome::acknowledged);
  const auto second = append(backend.log(), subject, first.sequence, {"b"});
  REQUIRE(second.outcome == Outcome::acknowledged);
  CHECK(second.sequence > first.sequence);

  const auto loaded = load(backend.log(), subject).value();
  REQUIRE(loaded.size() == 2);
  CHECK(loaded[0].sequence == first.sequence);
  CHECK(loaded[1].sequence == second.sequence);
  CHECK(loaded[0].subject == subject);
}

TEMPLATE_TEST_CASE("event log: of two creators of an instance one wins", "[contract][event_log]",
                   InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto first = append(backend.log(), subject, 0, {"first"});
  const auto second = append(backend.log(), subject, 0, {"second"});
  CHECK(first.outcome == Outcome::acknowledged);
  CHECK(second.outcome == Outcome::conflict);
  CHECK(second.sequence == first.sequence);
  CHECK(bytes_of(load(backend.log(), subject)) == Strings{"first"});
}

TEMPLATE_TEST_CASE(
    "event log: an append at another sequence is refused, names the actual one and writes nothing",
    "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto first = append(backend.log(), subject, 0, {"a"});
  const auto second = append(backend.log(), subject, first.sequence, {"b"});

  for (const std::uint64_t wrong : {std::uint64_t{0}, first.sequence, second.sequence + 7}) {
    const auto refused = append(backend.log(), subject, wrong, {"c"});
    CHECK(refused.outcome == Outcome::conflict);
    CHECK(refused.sequence == second.sequence);
    CHECK_FALSE(refused.detail.empty());
  }
  const auto nowhere = append(backend.log(), instance(backend.context(), "o-2"), 3, {"c"});
  CHECK(nowhere.outcome == Outcome::conflict);
  CHECK(bytes_of(load(backend.log(), subject)) == Strings{"a", "b"});
  CHECK(load(backend.log(), instance(backend.context(), "o-2")).value().empty());
}

TEMPLATE_TEST_CASE("event log: a list of commits is stored in consecutive sequences",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto commits =
      numbered(GENERATE(std::size_t{2}, std::size_t{7}, EventLog::append_commits_max));
  const auto before = append(backend.log(), subject, 0, {"before"});
  const auto all = append(backend.log(), subject, before.sequence, commits);
  REQUIRE(all.outcome == Outcome::acknowledged);
  CHECK(all.sequence == before.sequence + commits.size());

  const auto loaded = load(backend.log(), subject, before.sequence);
  CHECK(bytes_of(loaded) == commits);
  for (std::size_t i = 0; i < loaded->size(); ++i)
    CHECK((*loaded)[i].sequence == before.sequence + 1 + i);
  CHECK(append(backend.log(), subject, all.sequence, {"after"}).outcome == Outcome::acknowledged);
}

TEMPLATE_TEST_CASE("event log: a list of commits at a stale sequence is refused as a whole",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto first = append(backend.log(), subject, 0, {"a"});
  const auto refused = append(backend.log(), subject, 0, {"b", "c", "d"});
  CHECK(refused.outcome == Outcome::conflict);
  CHECK(bytes_of(load(backend.log(), subject)) == Strings{"a"});
  CHECK(append(backend.log(), subject, first.sequence, {"e"}).outcome == Outcome::acknowledged);
}

TEMPLATE_TEST_CASE("event log: of appends at the same sequence exactly one wins",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  std::uint64_t expected = 0;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<AppendResult>> appends;
    for (int i = 0; i < 8; ++i)
      appends.push_back(begin_append(backend.log(), subject, expected,
                                     i % 2 == 0 ? Strings{"single"} : Strings{"one", "of list"}));
    int won = 0;
    for (auto& one : appends) {
      const auto result = one.get();
      if (result.outcome == Outcome::acknowledged) {
        ++won;
        expected = result.sequence;
      } else {
        CHECK(result.outcome == Outcome::conflict);
      }
    }
    CHECK(won == 1);
  }
  CHECK(load(backend.log(), subject)->back().sequence == expected);
}

TEMPLATE_TEST_CASE("event log: a load after a sequence returns what is newer, in order",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto other = instance(backend.context(), "o-2");
  std::vector<std::uint64_t> sequences;
  std::uint64_t last_of_other = 0;
  for (const auto& commit : numbered(100)) {
    sequences.push_back(
        append(backend.log(), subject, sequences.empty() ? 0 : sequences.back(), {commit})
            .sequence);
    last_of_other = append(backend.log(), other, last_of_other, {"noise"}).sequence;
  }

  const std::size_t after = GENERATE(1, 10, 60, 98, 99, 100);
  const auto all = numbered(100);
  const auto loaded = load(backend.log(), subject, sequences[after - 1]);
  CHECK(bytes_of(loaded) == Strings(all.begin() + static_cast<std::ptrdiff_t>(after), all.end()));
}

TEMPLATE_TEST_CASE("event log: the bytes come back as they were", "[contract][event_log]", InMemory,
                   OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  std::string every_byte;
  for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
  const Strings commits = {
      every_byte,        std::string(1, '\0'), std::string(300'000, 'x'), "\r\nPUB evt.x 0\r\n",
      every_byte + "12", every_byte + "3"};
  std::uint64_t expected = 0;
  for (const auto& commit : commits)
    expected = append(backend.log(), subject, expected, {commit}).sequence;
  const auto loaded = load(backend.log(), subject);
  CHECK(bytes_of(loaded) == commits);
  for (std::size_t i = 0; i + 1 < commits.size(); ++i)  // each as the last one, each as the next
    CHECK(load(backend.log(), subject, (*loaded)[i].sequence)->front().bytes == commits[i + 1]);
}

TEMPLATE_TEST_CASE("event log: a history of several pages is loaded whole", "[contract][event_log]",
                   InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto other = instance(backend.context(), "o-2");
  const auto commits = numbered(1'500, std::string(5'000, 'p'));
  std::uint64_t expected = 0;
  std::uint64_t last_of_other = 0;
  std::uint64_t early = 0;
  for (std::size_t at = 0; at < commits.size(); at += 100) {
    const auto begin = commits.begin() + static_cast<std::ptrdiff_t>(at);
    const auto result = append(backend.log(), subject, expected, Strings(begin, begin + 100));
    REQUIRE(result.outcome == Outcome::acknowledged);
    expected = result.sequence;
    if (at == 0) early = expected;
    last_of_other = append(backend.log(), other, last_of_other, {"noise"}).sequence;
  }
  CHECK(bytes_of(load(backend.log(), subject)) == commits);
  CHECK(bytes_of(load(backend.log(), subject, early))
        == Strings(commits.begin() + 100, commits.end()));
}

TEMPLATE_TEST_CASE("event log: a history with much of others' between is loaded whole",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto other = instance(backend.context(), "o-2");
  const auto commits = numbered(150);
  const auto noise = numbered(20, "noise ");
  std::uint64_t expected = 0;
  std::uint64_t last_of_other = 0;
  std::uint64_t early = 0;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    expected = append(backend.log(), subject, expected, {commits[i]}).sequence;
    if (i == 9) early = expected;
    last_of_other = append(backend.log(), other, last_of_other, noise).sequence;
  }
  CHECK(bytes_of(load(backend.log(), subject)) == commits);
  CHECK(bytes_of(load(backend.log(), subject, early))
        == Strings(commits.begin() + 10, commits.end()));
}

TEMPLATE_TEST_CASE("event log: instances do not see each other's commits", "[contract][event_log]",
                   InMemory, OnJetStream) {
  TestType backend;
  const auto one = instance(backend.context(), "o-1");
  const auto two = instance(backend.context(), "o-10");
  std::uint64_t last_of_one = 0;
  std::uint64_t last_of_two = 0;
  for (int i = 0; i < 30; ++i) {
    last_of_one = append(backend.log(), one, last_of_one, {"one " + std::to_string(i)}).sequence;
    last_of_two = append(backend.log(), two, last_of_two, {"two " + std::to_string(i)}).sequence;
  }
  const auto loaded = load(backend.log(), two).value();
  REQUIRE(loaded.size() == 30);
  for (int i = 0; i < 30; ++i)
    CHECK(loaded[static_cast<std::size_t>(i)].bytes == "two " + std::to_string(i));
}

TEMPLATE_TEST_CASE("event log: earlier commits are read back without a gap, until the first",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto other = instance(backend.context(), "o-2");
  const std::size_t noise = GENERATE(0, 3, 30);  // others' commits between two of its own
  const std::size_t size = GENERATE(10, 9'000);
  const std::size_t in_one_append = GENERATE(1, 5);
  const std::size_t count = noise == 30 ? 250 : 1'000;
  const auto commits = numbered(count, std::string(size, 'p'));
  std::uint64_t expected = 0;
  std::uint64_t last_of_other = 0;
  for (std::size_t at = 0; at < count; at += in_one_append) {
    const auto begin = commits.begin() + static_cast<std::ptrdiff_t>(at);
    expected = append(backend.log(), subject, expected,
                      Strings(begin, begin + static_cast<std::ptrdiff_t>(in_one_append)))
                   .sequence;
    if (noise > 0)
      last_of_other = append(backend.log(), other, last_of_other, numbered(noise)).sequence;
  }

  std::vector<StoredCommit> all{load(backend.log(), subject)->back()};
  for (;;) {
    const auto page = load_before(backend.log(), subject, all.front().sequence).value();
    if (page.empty()) break;
    CHECK(page.size() <= 16'500);
    all.insert(all.begin(), page.begin(), page.end());
  }
  CHECK(bytes_of(all) == commits);
  CHECK(std::ranges::is_sorted(all, std::ranges::less(), &StoredCommit::sequence));
}

TEMPLATE_TEST_CASE("event log: commits are read by their places, and only the instance's own",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const auto other = instance(backend.context(), "o-2");
  std::vector<std::uint64_t> places;
  std::uint64_t expected = 0;
  for (const auto& commit : numbered(EventLog::load_at_max))
    places.push_back(expected = append(backend.log(), subject, expected, {commit}).sequence);
  const auto others = append(backend.log(), other, 0, {"other"}).sequence;

  CHECK(load_at(backend.log(), subject, {}).value().empty());
  CHECK(bytes_of(load_at(backend.log(), subject, {places[7]})) == Strings{"commit 8"});
  CHECK(load_at(backend.log(), subject, {places[7]})->front().sequence == places[7]);
  CHECK(bytes_of(load_at(backend.log(), subject, {others, places[0], others + 1'000}))
        == Strings{"commit 1"});
  CHECK(load_at(backend.log(), subject, places)->size() == places.size());
}

TEMPLATE_TEST_CASE("event log: a commit larger than the log takes is refused, not stored",
                   "[contract][event_log]", InMemory, OnJetStream) {
  TestType backend;
  const auto subject = instance(backend.context());
  const std::string large(2'000'000, 'x');
  const auto refused = append(backend.log(), subject, 0, {large});
  CHECK(refused.outcome == Outcome::refused);
  CHECK(refused.too_large);
  CHECK_FALSE(refused.detail.empty());
  CHECK(append(backend.log(), subject, 0, {"a", large, "c"}).outcome == Outcome::refused);
  CHECK(append(backend.log(), subject, 0, {"a", "b", large}).outcome == Outcome::refused);
  CHECK(load(backend.log(), subject).value().empty());
  CHECK(append(backend.log(), subject, 0, {"small"}).outcome == Outcome::acknowledged);
}

// ---- JetStream only -----------------------------------------------------------------------------

TEST_CASE("event log on JetStream: what was in doubt when the server was killed, a load tells",
          "[contract][event_log]") {
  auto& server = OnJetStream::shared_server();
  OnJetStream backend;
  const auto subject = instance(backend.context());
  const auto sure = append(backend.log(), subject, 0, {"sure"});
  REQUIRE(sure.outcome == Outcome::acknowledged);

  server->process().freeze();  // takes bytes, answers nothing
  auto doubtful = begin_append(backend.log(), subject, sure.sequence, {"doubtful"});
  auto list = begin_append(backend.log(), subject, sure.sequence, {"list", "of two"});
  server->kill_hard();
  CHECK(doubtful.get().outcome == Outcome::unknown);
  CHECK(list.get().outcome == Outcome::unknown);
  CHECK(eventually(10s, [&] { return !backend.connection().connected(); }));

  const auto asked_at = std::chrono::steady_clock::now();
  const auto unsent = append(backend.log(), subject, sure.sequence, {"never sent"});
  CHECK(unsent.outcome == Outcome::unknown);
  CHECK_FALSE(unsent.detail.empty());
  CHECK(load(backend.log(), subject).error().retryable);
  CHECK(std::chrono::steady_clock::now() - asked_at < 1s);  // fails at once

  or_throw(server->restart());
  backend.wait_until_connected();
  const auto loaded = load(backend.log(), subject).value();
  REQUIRE_FALSE(loaded.empty());
  CHECK(loaded.front().bytes == "sure");
  CHECK(bytes_of(load(backend.log(), subject)) != Strings{"sure", "never sent"});
  CHECK(append(backend.log(), subject, loaded.back().sequence, {"next"}).outcome
        == Outcome::acknowledged);
}

TEST_CASE("event log on JetStream: no stream means unknown, and a load says so",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(Token::parse("nosuchcontext").value());
  CHECK(append(backend.log(), subject, 0, {"a"}).outcome == Outcome::unknown);
  CHECK(load(backend.log(), subject).error().retryable);
}

TEST_CASE("event log on JetStream: a commit that fits only without its headers is refused",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(backend.context());
  const auto most = backend.connection().message_bytes_max();
  for (const std::size_t less : {0, 10, 40}) {
    const auto refused = append(backend.log(), subject, 0, {std::string(most - less, 'x')});
    CHECK(refused.outcome == Outcome::refused);
    CHECK(refused.too_large);
  }
  CHECK(append(backend.log(), subject, 0, {"small"}).outcome == Outcome::acknowledged);
}

TEST_CASE("event log on JetStream: what the stream is set to take no more is refused, not stored",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(backend.context());
  const auto before = append(backend.log(), subject, 0, {"a"});
  const auto name = stream_name(StreamKind::events, backend.context());
  auto config =
      nats::ask_api_and_wait(backend.connection(), "STREAM.INFO." + name, {})->at("config");
  SECTION("as it is full") { config["max_msgs"] = 1; }
  SECTION("as it has too many bytes") { config["max_bytes"] = 100; }
  SECTION("as the subject has too many messages") {
    config["max_msgs_per_subject"] = 1;
    config["discard_new_per_subject"] = true;
  }
  SECTION("as it is sealed") { config["sealed"] = true; }
  REQUIRE(nats::ask_api_and_wait(backend.connection(), "STREAM.UPDATE." + name, config));

  for (const auto& commits : {Strings{"b"}, Strings{"b", "c"}}) {
    const auto refused = append(backend.log(), subject, before.sequence, commits);
    CHECK(refused.outcome == Outcome::refused);
    CHECK_FALSE(refused.too_large);
    CHECK_FALSE(refused.detail.empty());
  }
  CHECK(bytes_of(load(backend.log(), subject)) == Strings{"a"});
}

TEST_CASE("event log on JetStream: a commit larger than the stream is set to take is refused",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(backend.context());
  const auto name = stream_name(StreamKind::events, backend.context());
  auto config =
      nats::ask_api_and_wait(backend.connection(), "STREAM.INFO." + name, {})->at("config");
  config["max_msg_size"] = 1'000;
  REQUIRE(nats::ask_api_and_wait(backend.connection(), "STREAM.UPDATE." + name, config));
  const auto refused = append(backend.log(), subject, 0, {std::string(1'001, 'x')});
  CHECK(refused.outcome == Outcome::refused);
  CHECK(refused.too_large);
  CHECK(append(backend.log(), subject, 0, {"small"}).outcome == Outcome::acknowledged);
}

TEST_CASE("event log on JetStream: a log that went back is a permanent failure",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(backend.context());
  const auto last = append(backend.log(), subject, 0, {"a"});
  const auto loaded = load(backend.log(), subject, last.sequence + 3);
  REQUIRE_FALSE(loaded);
  CHECK_FALSE(loaded.error().retryable);
}

TEST_CASE("event log on JetStream: a commit is stored with its fence and no other header",
          "[contract][event_log]") {
  OnJetStream backend;
  const auto subject = instance(backend.context());
  append(backend.log(), subject, 0, {"a"});
  const auto stored = backend.connection().request_and_wait(
      "$JS.API.DIRECT.GET." + stream_name(StreamKind::events, backend.context()), {},
      R"({"seq":1})", nats::api_timeout);
  CHECK(stored.message.header("Nats-Expected-Last-Subject-Sequence") == "0");
  CHECK_FALSE(stored.message.header("Nats-Msg-Id").has_value());
  CHECK(stored.message.body() == "a");
}

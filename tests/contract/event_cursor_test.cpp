// What a cursor over a context's events promises, in memory and in JetStream.
#include <algorithm>
#include <array>
#include <chrono>
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

constexpr auto patience = 10s;

/// Appends `count` commits, to three instances in turn; the n-th one's bytes are "n".
class Writer {
public:
  Writer(EventLog& log, const Token& context) : log_(log), context_(context) {}

  void write(int count) {
    for (int i = 0; i < count; ++i) {
      const auto which = static_cast<std::size_t>(written_ % 3);
      const auto subject = Subject::events({context_, Token::parse("order").value(),
                                            Token::parse("o-" + std::to_string(which)).value()});
      std::promise<AppendResult> answer;
      log_.append(subject, last_[which], {std::to_string(++written_)},
                  [&](AppendResult result) { answer.set_value(std::move(result)); });
      const auto result = answer.get_future().get();
      REQUIRE(result.outcome == AppendResult::Outcome::acknowledged);
      last_[which] = result.sequence;
    }
  }

private:
  EventLog& log_;
  const Token context_;
  std::array<std::uint64_t, 3> last_{};
  int written_ = 0;
};

/// Reads until sequence `last`; everything that comes is checked to be without gap.
void read_to(EventCursor& cursor, std::uint64_t from, std::uint64_t last, std::size_t max = 64) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::uint64_t expected = from;
  while (expected <= last) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    const auto commits = cursor.next(std::min<std::size_t>(max, last + 1 - expected), 1s);
    if (!commits) {
      REQUIRE(commits.error().retryable);
      continue;
    }
    REQUIRE(commits->size() <= max);
    for (const auto& commit : *commits) {
      REQUIRE(commit.sequence == expected);
      REQUIRE(commit.bytes == std::to_string(expected));
      ++expected;
    }
  }
  REQUIRE(expected == last + 1);
}

}  // namespace

TEMPLATE_TEST_CASE("event cursor: hands out every commit of the context in order",
                   "[contract][event_cursor]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write(100);
  const auto cursor = backend.streams().open(backend.context(), 0);
  const auto max = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1'000});
  read_to(*cursor, 1, 100, max);
}

TEMPLATE_TEST_CASE("event cursor: begins after the sequence it is given",
                   "[contract][event_cursor]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write(20);
  read_to(*backend.streams().open(backend.context(), 12), 13, 20);
}

TEMPLATE_TEST_CASE("event cursor: an empty stream has nothing to hand out",
                   "[contract][event_cursor]", InMemory, OnJetStream) {
  TestType backend;
  const auto cursor = backend.streams().open(backend.context(), 0);
  const auto commits = cursor->next(10, 300ms);
  REQUIRE(commits);
  CHECK(commits->empty());
}

TEMPLATE_TEST_CASE("event cursor: waits for the next commit", "[contract][event_cursor]", InMemory,
                   OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write(5);
  const auto cursor = backend.streams().open(backend.context(), 0);
  read_to(*cursor, 1, 5);
  auto waiting = std::async(std::launch::async, [&] { return cursor->next(10, patience); });
  CHECK(waiting.wait_for(50ms) == std::future_status::timeout);
  const auto written_at = std::chrono::steady_clock::now();
  writer.write(1);
  const auto commits = waiting.get();
  CHECK(std::chrono::steady_clock::now() - written_at < 1s);
  REQUIRE(commits);
  REQUIRE(commits->size() == 1);
  CHECK(commits->front().sequence == 6);
}

TEMPLATE_TEST_CASE("event cursor: two cursors do not disturb each other",
                   "[contract][event_cursor]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write(30);
  const auto one = backend.streams().open(backend.context(), 0);
  const auto two = backend.streams().open(backend.context(), 0);
  read_to(*one, 1, 30);
  read_to(*two, 1, 30);
  writer.write(10);
  read_to(*two, 31, 40);
  read_to(*one, 31, 40);
}

TEMPLATE_TEST_CASE("event cursor: the last sequence is the last commit's",
                   "[contract][event_cursor]", InMemory, OnJetStream) {
  TestType backend;
  CHECK(backend.streams().last_sequence(backend.context()).value() == 0);
  Writer writer(backend.log(), backend.context());
  writer.write(4);
  CHECK(backend.streams().last_sequence(backend.context()).value() == 4);
}

// ---- JetStream only -----------------------------------------------------------------------------

TEST_CASE("event cursor on JetStream: more than it keeps in memory comes without gap",
          "[contract][event_cursor]") {
  OnJetStream backend;
  const auto subject = Subject::events(
      {backend.context(), Token::parse("order").value(), Token::parse("o").value()});
  std::uint64_t written = 0;
  while (written < 6'000) {
    std::vector<std::string> commits;
    while (commits.size() < 500) commits.push_back(std::to_string(written + commits.size() + 1));
    std::promise<AppendResult> answer;
    backend.log().append(subject, written, commits,
                         [&](AppendResult result) { answer.set_value(std::move(result)); });
    written = answer.get_future().get().sequence;
    REQUIRE(written > 0);
  }
  const auto cursor = backend.streams().open(backend.context(), 0);
  read_to(*cursor, 1, 6'000, 500);
}

TEST_CASE("event cursor on JetStream: goes on where it was when the server was killed",
          "[contract][event_cursor]") {
  auto& server = OnJetStream::shared_server();
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write(50);
  const auto cursor = backend.streams().open(backend.context(), 0);
  read_to(*cursor, 1, 20);

  server->kill_hard();
  read_to(*cursor, 21, 50);  // these had come before
  const auto nothing = cursor->next(10, 500ms);
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().retryable);

  or_throw(server->restart());
  backend.wait_until_connected();
  writer.write(25);
  read_to(*cursor, 51, 75);
}

TEST_CASE("event cursor on JetStream: makes itself a new consumer when its own is deleted",
          "[contract][event_cursor]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write(3);
  const auto cursor = backend.streams().open(backend.context(), 0);
  read_to(*cursor, 1, 3);

  const auto stream = stream_name(StreamKind::events, backend.context());
  const auto names = nats::ask_api_and_wait(backend.connection(), "CONSUMER.NAMES." + stream, {});
  REQUIRE(names.value().at("consumers").size() == 1);
  for (const auto& name : names->at("consumers"))
    REQUIRE(nats::ask_api_and_wait(
        backend.connection(), "CONSUMER.DELETE." + stream + "." + name.get<std::string>(), {}));
  writer.write(4);
  read_to(*cursor, 4, 7);
}

TEST_CASE("event cursor on JetStream: leaves no consumer behind", "[contract][event_cursor]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write(3);
  read_to(*backend.streams().open(backend.context(), 0), 1, 3);
  const auto stream = stream_name(StreamKind::events, backend.context());
  CHECK(eventually(5s, [&] {
    return nats::ask_api_and_wait(backend.connection(), "CONSUMER.NAMES." + stream, {})
               ->at("total")
               .get<int>()
           == 0;
  }));
}

TEST_CASE("event cursor on JetStream: a stream that ends before its place is a permanent failure",
          "[contract][event_cursor]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write(3);
  const auto cursor = backend.streams().open(backend.context(), 9);
  const auto failed = cursor->next(10, patience);
  REQUIRE_FALSE(failed);
  CHECK_FALSE(failed.error().retryable);
  CHECK_THAT(failed.error().what, Catch::Matchers::ContainsSubstring("went back"));
  CHECK_FALSE(cursor->next(10, 0ms));
}

TEST_CASE("event cursor on JetStream: a gap is a permanent failure", "[contract][event_cursor]") {
  OnJetStream backend;
  const auto stream = stream_name(StreamKind::events, backend.context());
  // The real streams deny deletes; this one does not.
  REQUIRE(nats::ask_api_and_wait(backend.connection(), "STREAM.DELETE." + stream, {}));
  REQUIRE(nats::ask_api_and_wait(
      backend.connection(), "STREAM.CREATE." + stream,
      {{"name", stream}, {"subjects", {"evt." + backend.context().str() + ".>"}}}));
  Writer writer(backend.log(), backend.context());
  writer.write(5);
  REQUIRE(
      nats::ask_api_and_wait(backend.connection(), "STREAM.MSG.DELETE." + stream, {{"seq", 3}}));

  const auto cursor = backend.streams().open(backend.context(), 0);
  read_to(*cursor, 1, 2);
  const auto failed = cursor->next(10, patience);
  REQUIRE_FALSE(failed);
  CHECK_FALSE(failed.error().retryable);
  CHECK_THAT(failed.error().what, Catch::Matchers::ContainsSubstring("after 2 comes 4"));
}

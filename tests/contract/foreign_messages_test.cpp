// What somebody else has written into a stream comes through every reader like any other message,
// whatever its subject, headers and bytes are, and nothing behind it is held up.
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/ports/stored_subject.hpp"
#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/parked_records.hpp"
#include "tests/support/raw_nats.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;

Token token(std::string_view text) { return Token::parse(text).value(); }

Subject order(const Token& context, std::string_view id) {
  return Subject::events({context, token("order"), token(id)});
}

std::uint64_t append(EventLog& log, const Subject& subject, std::uint64_t expected,
                     std::string bytes) {
  std::promise<AppendResult> answer;
  log.append(subject, expected, {std::move(bytes)},
             [&](AppendResult result) { answer.set_value(std::move(result)); });
  const auto result = answer.get_future().get();
  REQUIRE(result.outcome == AppendResult::Outcome::acknowledged);
  return result.sequence;
}

/// Behind evt.<context>. A server takes all of them; no node could have written there.
std::vector<std::string> illegal_subjects() {
  return {"order.a$b",
          "order.*",
          "order.>",
          "order.\x01",
          "order.gr\u00fcn",
          "order.\xff\xfe",
          "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r",
          std::string(3'900, 'x'),
          "order"};
}

/// Read to its end, in order and without gap.
std::vector<StoredCommit> read_all(EventCursor& cursor, std::uint64_t last) {
  std::vector<StoredCommit> all;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (all.size() < last && std::chrono::steady_clock::now() < deadline) {
    auto some = cursor.next(100, 1s);
    if (!some && !some.error().retryable) FAIL(some.error().what);
    if (some) std::move(some->begin(), some->end(), std::back_inserter(all));
  }
  REQUIRE(all.size() == last);
  for (std::size_t i = 0; i < all.size(); ++i) REQUIRE(all[i].sequence == i + 1);
  return all;
}

std::vector<StoredCommit> load(EventLog& log, const Subject& subject, std::uint64_t after = 0) {
  std::promise<Result<std::vector<StoredCommit>>> loaded;
  log.load(subject, after, [&](auto commits) { loaded.set_value(std::move(commits)); });
  auto future = loaded.get_future();
  REQUIRE(future.wait_for(patience) == std::future_status::ready);
  return or_throw(future.get());
}

std::vector<std::string> bytes_of(const std::vector<StoredCommit>& commits) {
  std::vector<std::string> all;
  for (const auto& one : commits) all.push_back(one.bytes);
  return all;
}

}  // namespace

TEMPLATE_TEST_CASE("foreign messages: a cursor hands out what lies on illegal subjects",
                   "[contract][event_cursor][foreign]", InMemory, OnJetStream) {
  TestType backend;
  append(backend.log(), order(backend.context(), "o-1"), 0, "first");
  std::vector<std::string> subjects;
  for (const auto& tail : illegal_subjects())
    backend.write(subjects.emplace_back("evt." + backend.context().str() + "." + tail), "foreign");
  const auto last = append(backend.log(), order(backend.context(), "o-2"), 0, "last");

  const auto read = read_all(*backend.streams().open(backend.context(), 0), last);
  CHECK(read.front().bytes == "first");
  CHECK(read.back().bytes == "last");
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    CHECK(read[i + 1].bytes == "foreign");
    CHECK(read[i + 1].subject == StoredSubject(subjects[i]));
    CHECK_FALSE(instance_of(read[i + 1].subject));
  }
}

TEMPLATE_TEST_CASE("foreign messages: a subscription delivers what lies on illegal subjects",
                   "[contract][subscription][foreign]", InMemory, OnJetStream) {
  TestType backend;
  for (const auto& tail : illegal_subjects())
    backend.write("evt." + backend.context().str() + "." + tail, tail);
  append(backend.log(), order(backend.context(), "o-1"), 0, "last");

  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription = backend.subscriptions().events(
      backend.context(), token("payments-from-ordering"), 4, handler);
  REQUIRE(handler.wait_for_bytes("last"));
  auto expected = illegal_subjects();
  expected.emplace_back("last");
  CHECK(handler.bytes() == expected);
}

TEMPLATE_TEST_CASE("foreign messages: what came on an illegal subject can be parked",
                   "[contract][parked][foreign]", InMemory, OnJetStream) {
  TestType backend;
  std::vector<std::string> records;
  for (const auto& tail : illegal_subjects()) {
    std::promise<Result<void>> parked;
    backend.parked().park(backend.context(), token("c"),
                          StoredSubject("evt." + backend.context().str() + "." + tail),
                          records.emplace_back(shown(tail)),
                          [&](Result<void> result) { parked.set_value(std::move(result)); });
    REQUIRE(parked.get_future().get());
  }
  const auto listed = all_parked(backend.parked(), backend.context(), token("c"));
  REQUIRE(listed.size() == records.size());
  for (std::size_t i = 0; i < listed.size(); ++i) CHECK(listed[i].record == records[i]);
}

// ---- JetStream only -----------------------------------------------------------------------------

namespace {

/// Headers that only a server sets, as a writer may set them, and some that are no headers at all.
std::vector<std::string> forged_headers(const Token& context) {
  return {"Nats-Sequence: 999999\r\nNats-Subject: evt.other.order.o-1\r\nNats-Stream: OTHER",
          "Nats-Sequence: 1",
          "Status: 404",
          "Status: 503\r\nDescription: No Responders",
          "Status: 100\r\nDescription: Idle Heartbeat",
          "Nats-Pin-Id: mine",
          "Nats-Num-Pending: 0\r\nNats-Last-Sequence: 0",
          "Nats-Expected-Last-Subject-Sequence: 0\r\n"
          "Nats-Expected-Last-Subject-Sequence-Subject: evt."
              + context.str() + ".order.nobody",
          "there is no colon here",
          ": no key",
          "key: \xff\xfe",
          "Nats-Sequence : 7"};
}

}  // namespace

TEST_CASE("foreign messages on JetStream: forged headers deceive no cursor",
          "[contract][event_cursor][foreign]") {
  OnJetStream backend;
  const auto subject = order(backend.context(), "o-1");
  RawNats raw(OnJetStream::shared_server()->url());
  for (const auto& headers : forged_headers(backend.context()))
    raw.store(subject.str(), headers, headers);
  const auto last = or_throw(backend.streams().last_sequence(backend.context()));
  const auto read = read_all(*backend.streams().open(backend.context(), 0), last);
  CHECK(bytes_of(read) == forged_headers(backend.context()));
}

TEST_CASE("foreign messages on JetStream: forged headers hold up no subscription",
          "[contract][subscription][foreign]") {
  OnJetStream backend;
  const auto subject = order(backend.context(), "o-1");
  const auto forged = forged_headers(backend.context());
  const auto headers = forged[GENERATE_COPY(range(std::size_t{0}, forged.size()))];
  INFO(headers);
  RawNats(OnJetStream::shared_server()->url()).store(subject.str(), "foreign", headers);
  append(backend.log(), order(backend.context(), "o-2"), 0, "last");
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription = backend.subscriptions().events(
      backend.context(), token("payments-from-ordering"), 4, handler);
  REQUIRE(handler.wait_for_bytes("last"));
  CHECK(handler.bytes() == std::vector<std::string>{"foreign", "last"});
}

TEST_CASE("foreign messages on JetStream: forged headers hide nothing of an instance's history",
          "[contract][event_log][foreign]") {
  OnJetStream backend;
  const auto subject = order(backend.context(), "o-1");
  std::vector<std::string> written{"first"};
  append(backend.log(), subject, 0, "first");
  RawNats raw(OnJetStream::shared_server()->url());
  const auto forged = forged_headers(backend.context());
  const auto last_ones = GENERATE_COPY(range(std::size_t{0}, forged.size()));
  for (std::size_t i = 0; i < forged.size(); ++i) {
    const auto& headers = forged[(i + last_ones) % forged.size()];
    raw.store(subject.str(), written.emplace_back(headers), headers);
  }
  raw.store(subject.str(), written.emplace_back(), "Status: 503");  // as if nobody were there
  INFO("last: " << forged[(forged.size() - 1 + last_ones) % forged.size()]);
  const auto all = load(backend.log(), subject);
  CHECK(bytes_of(all) == written);
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(all[i].sequence == i + 1);
  CHECK(load(backend.log(), subject, 3).size() == written.size() - 3);
}

TEST_CASE("foreign messages on JetStream: a history is read back past them",
          "[contract][event_log][foreign]") {
  OnJetStream backend;
  const auto subject = order(backend.context(), "o-1");
  const auto other = order(backend.context(), "o-2");
  const auto forged = forged_headers(backend.context());
  RawNats raw(OnJetStream::shared_server()->url());
  std::vector<std::string> written;
  std::uint64_t last = 0;
  std::uint64_t last_of_other = 0;
  const auto commits = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      last = append(backend.log(), subject, last, written.emplace_back("commit"));
  };
  commits(GENERATE(1, 40));
  for (const auto& headers : forged) {
    last_of_other = append(backend.log(), other, last_of_other, "of another");
    last = raw.store(subject.str(), written.emplace_back(headers), headers);
    last_of_other = append(backend.log(), other, last_of_other, "of another");
    commits(1);
  }
  raw.store(subject.str(), written.emplace_back("no header"));
  std::vector<StoredCommit> all{load(backend.log(), subject).back()};
  for (;;) {
    std::promise<Result<std::vector<StoredCommit>>> read;
    backend.log().load_before(subject, all.front().sequence,
                              [&](auto page) { read.set_value(std::move(page)); });
    const auto page = or_throw(read.get_future().get());
    if (page.empty()) break;
    all.insert(all.begin(), page.begin(), page.end());
  }
  CHECK(bytes_of(all) == written);
}

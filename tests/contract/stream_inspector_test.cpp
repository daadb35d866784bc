// What shows whether a stream is still the one it was, in memory and on real servers.
#include <fstream>
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/engine/log_guard/stream_watch.hpp"
#include "runtime/memory/memory_high_water_marks.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/consumers_ahead.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using engine::StreamWatch;
using Verdict = StreamWatch::Verdict;

namespace {

std::uint64_t append(EventLog& log, const Token& context, const std::string& bytes) {
  std::promise<AppendResult> done;
  const auto subject = Subject::events({context, context, *Token::parse(random_id())});
  log.append(subject, 0, {bytes}, [&](AppendResult result) { done.set_value(std::move(result)); });
  const auto result = done.get_future().get();
  REQUIRE(result.outcome == AppendResult::Outcome::acknowledged);
  return result.sequence;
}

/// A server of its own with one context, a log of commits that differ, and a node's watch over it.
class Watched {
public:
  Watched() { or_throw(nats::ensure_streams(*connection_, context_, 1)); }

  void append(int count) {
    for (int i = 0; i < count; ++i)
      last_ = ::append(log_, context_, "commit " + std::to_string(last_) + " " + random_id());
  }
  std::uint64_t last() const { return last_; }

  StreamWatch watch() {
    return {{inspector_, high_water_marks_, clock_, node_}, context_, stream_};
  }

  /// Looks until it is sure, as the guard does.
  static StreamWatch::Look look(StreamWatch& watch) {
    StreamWatch::Look seen;
    eventually(15s, [&] {
      seen = watch.look(0);
      return seen.verdict != Verdict::unsure && seen.verdict != Verdict::suspicious;
    });
    return seen;
  }

  void accept() {
    const auto facts = inspector_.facts(stream_).value().value();
    or_throw(inspector_.accept(stream_,
                               {.created = facts.created,
                                .last_sequence = facts.last_sequence,
                                .accepted_at = std::chrono::system_clock::now(),
                                .accepted_by = "an operator"},
                               StreamInspector::Record::next));
  }

  void stop() { server_->process().stop(); }
  void kill() { server_->kill_hard(); }
  void start() { or_throw(server_->restart()); }

  std::filesystem::path store() const { return server_.folder() / "jetstream"; }
  std::filesystem::path block() const {
    return store() / "jetstream" / "$G" / "streams" / stream_ / "msgs" / "1.blk";
  }
  nats::Connection& connection() { return *connection_; }
  const Token& context() const { return context_; }
  const std::string& stream() const { return stream_; }
  StreamInspector& inspector() { return inspector_; }

private:
  NatsServer server_;
  const Token context_ = *Token::parse("ordering");
  const std::string stream_ = "EVT_ORDERING";
  const std::string node_ = "node-1";
  std::uint64_t last_ = 0;
  const std::unique_ptr<nats::Connection> connection_ = server_.connect();
  nats::StreamLeaders leaders_{*connection_};
  nats::JetStreamEventLog log_{*connection_, leaders_};
  nats::JetStreamInspector inspector_{leaders_, {connection_.get()}};
  memory::MemoryHighWaterMarks high_water_marks_;
  SystemClock clock_;
};

/// The consumer's next message.
nats::Received pull(Watched& log, const std::string& consumer) {
  std::promise<nats::Received> came;
  std::once_flag once;
  const auto inbox = log.connection().new_inbox();
  const auto subscribed =
      or_throw(log.connection().subscribe(inbox, {}, [&](nats::Received message) {
        std::call_once(once, [&] { came.set_value(std::move(message)); });
      }));
  or_throw(log.connection().publish("$JS.API.CONSUMER.MSG.NEXT." + log.stream() + "." + consumer,
                                    {}, "", inbox));
  auto message = came.get_future();
  REQUIRE(message.wait_for(10s) == std::future_status::ready);
  return message.get();
}

}  // namespace

TEMPLATE_TEST_CASE("stream inspector: a stream's end and its messages are seen",
                   "[contract][log_guard]", InMemory, OnJetStream) {
  TestType backend;
  const auto stream = stream_name(StreamKind::events, backend.context());
  const auto empty = backend.inspector().facts(stream).value().value();
  CHECK(empty.last_sequence == 0);
  CHECK(empty.leader.empty());
  append(backend.log(), backend.context(), "a");
  append(backend.log(), backend.context(), "b");
  const auto facts = backend.inspector().facts(stream).value().value();
  CHECK(facts.created == empty.created);
  CHECK(facts.last_sequence == 2);
  CHECK(backend.inspector().hash_at(stream, 1).value() == sha256("a"));
  CHECK(backend.inspector().hash_at(stream, 2).value() == sha256("b"));
  CHECK(backend.inspector().hash_at(stream, 3).value() == std::nullopt);
}

TEMPLATE_TEST_CASE("stream inspector: the first record stands until an operator's",
                   "[contract][log_guard]", InMemory, OnJetStream) {
  TestType backend;
  auto& inspector = backend.inspector();
  const auto stream = stream_name(StreamKind::events, backend.context());
  CHECK(inspector.accepted(stream).value() == std::nullopt);
  Incarnation one{Instant(1ns), 5, Instant(1'763'900'000'123'456'789ns), "node-1"};
  REQUIRE(inspector.accept(stream, one, StreamInspector::Record::first));
  REQUIRE(inspector.accept(stream, {Instant(2ns), 6, Instant(2ns), "node-2"},
                           StreamInspector::Record::first));
  const auto first = inspector.accepted(stream).value().value();
  CHECK(first.created == one.created);
  CHECK(first.last_sequence == 5);
  CHECK(first.accepted_at == one.accepted_at);
  CHECK(first.accepted_by == "node-1");
  REQUIRE(inspector.accept(stream, {Instant(3ns), 7, Instant(3ns), "an operator"},
                           StreamInspector::Record::next));
  CHECK(inspector.accepted(stream).value()->accepted_by == "an operator");
}

TEST_CASE("stream inspector on JetStream: no such stream is an answer, no server is none",
          "[contract][log_guard]") {
  Watched log;
  CHECK(log.inspector().facts("EVT_NOTHING").value() == std::nullopt);
  log.kill();
  CHECK_FALSE(log.inspector().facts(log.stream()));
  CHECK_FALSE(log.inspector().hash_at(log.stream(), 1));
  CHECK_FALSE(log.inspector().accepted(log.stream()));
}

TEST_CASE("stream inspector on JetStream: losing and finding the server is told",
          "[contract][log_guard]") {
  Watched log;
  std::mutex mutex;
  std::string heard;
  const auto watching = log.inspector().watch([&](bool connected) {
    const std::lock_guard lock(mutex);
    heard += connected ? '+' : '-';
  });
  log.kill();
  log.start();
  CHECK(eventually(15s, [&] {
    const std::lock_guard lock(mutex);
    return heard == "-+";
  }));
}

TEST_CASE("log watch on JetStream: a server that was killed and is back is no alarm",
          "[contract][log_guard]") {
  Watched log;
  log.append(20);
  auto watch = log.watch();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);
  log.kill();
  for (int i = 0; i < 5; ++i) CHECK(watch.look(log.last()).verdict == Verdict::unsure);
  log.start();
  CHECK(Watched::look(watch).verdict == Verdict::fine);
  CHECK(watch.look(log.last()).verdict == Verdict::fine);
}

TEST_CASE("log watch on JetStream: a stream that was deleted and created anew went back",
          "[contract][log_guard]") {
  Watched log;
  log.append(5);
  auto watch = log.watch();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);
  REQUIRE(nats::ask_api_and_wait(log.connection(), "STREAM.DELETE." + log.stream(), {}));
  CHECK(watch.look(0).verdict == Verdict::suspicious);
  or_throw(nats::ensure_streams(log.connection(), log.context(), 1));
  log.append(9);
  const auto seen = Watched::look(watch);
  CHECK(seen.verdict == Verdict::went_back);
  CHECK_THAT(seen.why, ContainsSubstring("EVT_ORDERING was created anew"));

  auto another = log.watch();  // a node that starts now
  CHECK(Watched::look(another).verdict == Verdict::went_back);
  log.accept();
  CHECK(watch.look(0).verdict == Verdict::accepted);
  CHECK(watch.look(0).verdict == Verdict::fine);
}

TEST_CASE("log watch on JetStream: a server that lost all its streams went back",
          "[contract][log_guard]") {
  Watched log;
  log.append(5);
  auto watch = log.watch();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);
  for (const auto& stream : {log.stream(), std::string(control_stream)})
    REQUIRE(nats::ask_api_and_wait(log.connection(), "STREAM.DELETE." + stream, {}));
  CHECK(log.inspector().accepted(log.stream()).value() == std::nullopt);
  const auto seen = Watched::look(watch);
  CHECK(seen.verdict == Verdict::went_back);
  CHECK_THAT(seen.why, ContainsSubstring("EVT_ORDERING is gone"));

  or_throw(nats::ensure_streams(log.connection(), log.context(), 1));
  auto another = log.watch();  // a node that starts now has created them
  CHECK(Watched::look(another).verdict == Verdict::went_back);
}

TEST_CASE("log watch on JetStream: a store restored from an older copy went back",
          "[contract][log_guard]") {
  Watched log;
  log.append(5);
  auto watch = log.watch();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);  // its record is in the copy
  log.stop();
  const tool::TempFolder copy("troupe-copy");
  std::filesystem::copy(log.store(), copy.path() / "store",
                        std::filesystem::copy_options::recursive);
  log.start();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);
  log.append(5);
  const auto before = log.last();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);

  log.kill();
  std::filesystem::remove_all(log.store());
  std::filesystem::copy(copy.path() / "store", log.store(),
                        std::filesystem::copy_options::recursive);
  log.start();
  std::string says = "ends at sequence 5, but has reached 10 before";
  SECTION("and shorter") {}
  SECTION("and filled with others meanwhile") {
    REQUIRE(eventually(15s, [&] { return log.connection().connected(); }));
    log.append(7);
    REQUIRE(log.last() > before);
    says = "has another message 10 than before";
  }
  const auto seen = Watched::look(watch);
  CHECK(seen.verdict == Verdict::went_back);
  CHECK_THAT(seen.why, ContainsSubstring("EVT_ORDERING " + says));
  auto another = log.watch();  // finds the mark
  CHECK(Watched::look(another).verdict == Verdict::went_back);
}

TEST_CASE("log watch on JetStream: a flipped bit went back", "[contract][log_guard]") {
  Watched log;
  log.append(1'000);
  auto watch = log.watch();
  REQUIRE(Watched::look(watch).verdict == Verdict::fine);
  log.kill();
  {
    std::fstream block(log.block(), std::ios::in | std::ios::out | std::ios::binary);
    REQUIRE(block.is_open());
    const auto middle = static_cast<std::streamoff>(std::filesystem::file_size(log.block()) / 2);
    block.seekg(middle);
    const auto byte = static_cast<char>(block.get() ^ 4);
    block.seekp(middle);
    block.put(byte);
  }
  log.start();
  const auto seen = Watched::look(watch);
  CHECK(seen.verdict == Verdict::went_back);
  CHECK_THAT(seen.why, ContainsSubstring("EVT_ORDERING "));
  log.accept();
  CHECK(watch.look(0).verdict == Verdict::accepted);
  CHECK(Watched::look(watch).verdict == Verdict::fine);
}

TEST_CASE("consumers beyond the end of a shortened stream are set back to it",
          "[contract][log_guard]") {
  Watched log;
  log.append(3);
  const nlohmann::json config = {
      {"name", "reader"}, {"durable_name", "reader"}, {"ack_policy", "explicit"}};
  REQUIRE(nats::ask_api_and_wait(log.connection(), "CONSUMER.CREATE." + log.stream() + ".reader",
                                 {{"stream_name", log.stream()}, {"config", config}}));
  for (int i = 0; i < 3; ++i) {
    const auto got = pull(log, "reader");
    REQUIRE(log.connection().request_and_wait(got.reply(), {}, "+ACK", 5s).status
            == nats::Reply::Status::answered);
  }
  CHECK(or_throw(nats::set_back_consumers(log.connection(), log.stream(), 3)).empty());
  CHECK(or_throw(nats::set_back_consumers(log.connection(), log.stream(), 1))
        == std::vector<std::string>{"reader"});
  CHECK_THAT(std::string(pull(log, "reader").body()), Catch::Matchers::StartsWith("commit 1 "));
}

// Which leader's answers count.
#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "tests/unit/nats/scripted_connection.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nats::ApiResult;
using nats::StreamLeaders;

namespace {

constexpr const char* stream = "EVT_ORDERING";
using Ago = std::chrono::nanoseconds;

struct Replica {
  std::string name;
  Ago active;
};

const std::vector<Replica> both_heard{{"nats-2", 300ms}, {"nats-3", 700ms}};

std::string info_by(const std::string& leader, const std::vector<Replica>& others, int replicas = 3,
                    const std::string& leader_since = "2026-01-31T12:00:00Z") {
  nlohmann::json cluster{
      {"leader", leader}, {"leader_since", leader_since}, {"replicas", nlohmann::json::array()}};
  for (const auto& one : others)
    cluster["replicas"].push_back({{"name", one.name}, {"active", one.active.count()}});
  return nlohmann::json{{"config", {{"num_replicas", replicas}}},
                        {"state", {{"last_seq", 7}}},
                        {"cluster", cluster},
                        {"ts", "2026-01-31T12:00:30Z"}}
      .dump();
}

const std::string message = R"({"message":{"seq":7,"data":"YQ=="}})";

/// Questions about one stream to servers that the test plays.
struct Asking {
  ScriptedConnection connection;
  StreamLeaders leaders{connection};
  std::vector<ApiResult> told;

  void get() {
    leaders.get(stream, {{"seq", 7}}, 5s,
                [this](ApiResult answer) { told.push_back(std::move(answer)); });
  }
  void info() {
    leaders.info(stream, [this](ApiResult answer) { told.push_back(std::move(answer)); });
  }

  void answer_read(const std::string& body = message) {
    const auto asked = connection.take();
    REQUIRE(asked.subject == "$JS.API.STREAM.MSG.GET.EVT_ORDERING");
    asked.answered(ScriptedConnection::reply(body));
  }
  void answer_info(const std::string& body) {
    const auto asked = connection.take();
    REQUIRE(asked.subject == "$JS.API.STREAM.INFO.EVT_ORDERING");
    asked.answered(ScriptedConnection::reply(body));
  }
  void know(const std::string& body) {
    info();
    answer_info(body);
    told.clear();
  }
  /// What is due later is due now.
  void let_time_pass() {
    for (const auto& run : std::exchange(connection.later, {})) run();
  }
  bool nothing_asked() const { return connection.sent.empty() && connection.later.empty(); }
  const ApiResult& only() const {
    REQUIRE(told.size() == 1);
    return told.front();
  }
};

}  // namespace

TEST_CASE("a read counts when its leader, asked afterwards, has heard all replicas lately",
          "[nats][stream_leaders]") {
  Asking asking;
  asking.know(info_by("nats-1", both_heard));
  asking.get();
  asking.answer_read();
  CHECK(asking.told.empty());
  asking.answer_info(info_by("nats-1", both_heard));
  CHECK(asking.only()->contains("message"));
  CHECK(asking.nothing_asked());
}

TEST_CASE("a read from a leader that has not heard most of its replicas lately does not count",
          "[nats][stream_leaders]") {
  const auto silent = GENERATE(Ago(StreamLeaders::heard_within) + 1ms, Ago(18s));
  Asking asking;
  asking.know(info_by("nats-1", both_heard));
  asking.get();
  asking.answer_read();
  asking.answer_info(info_by("nats-1", {{"nats-2", silent}, {"nats-3", silent}}));
  REQUIRE_FALSE(asking.only());
  CHECK(asking.only().error().retryable);
  CHECK_THAT(asking.only().error().what, ContainsSubstring("EVT_ORDERING is led by nats-1"));
  CHECK(asking.nothing_asked());
}

TEST_CASE("a replica that was never heard is not taken for one heard just now",
          "[nats][stream_leaders]") {
  Asking asking;
  asking.info();
  asking.answer_info(info_by("nats-1", {{"nats-2", 0ns}, {"nats-3", 0ns}}));
  CHECK_FALSE(asking.only());
}

TEST_CASE("the info of a server that does not lead the stream does not count",
          "[nats][stream_leaders]") {
  const auto info = GENERATE(info_by("", {{"nats-1", 1ms}, {"nats-2", 1ms}, {"nats-3", 1ms}}),
                             info_by("nats-1", {{"nats-1", 1ms}, {"nats-3", 1ms}}));
  Asking asking;
  asking.info();
  asking.answer_info(info);
  REQUIRE_FALSE(asking.only());
  CHECK_THAT(asking.only().error().what, ContainsSubstring("no leader"));
}

TEST_CASE("where a replica is silent, most of the others must have been heard since the read began",
          "[nats][stream_leaders]") {
  Asking asking;
  const std::vector<Replica> one_down{{"nats-2", 300ms}, {"nats-3", 90s}};
  asking.know(info_by("nats-1", one_down));
  asking.get();
  asking.answer_read();
  asking.answer_info(info_by("nats-1", one_down));
  CHECK(asking.told.empty());
  asking.let_time_pass();
  asking.answer_info(info_by("nats-1", {{"nats-2", 1ns}, {"nats-3", 90s}}));
  CHECK(asking.only()->contains("message"));
}

TEST_CASE("a leader that was deposed while a read waited is not confirmed by its successor",
          "[nats][stream_leaders]") {
  Asking asking;
  asking.know(info_by("nats-1", both_heard));
  asking.get();
  asking.answer_read();
  std::string successor = info_by("nats-2", {{"nats-1", 1ms}, {"nats-3", 1ms}});
  SECTION("at once") {}
  SECTION("after the old one could not be confirmed yet") {
    asking.answer_info(info_by("nats-1", {{"nats-2", 1s}, {"nats-3", 9s}}));
    CHECK(asking.told.empty());
    asking.let_time_pass();
  }
  asking.answer_info(successor);
  REQUIRE_FALSE(asking.only());
  CHECK(asking.only().error().retryable);
  CHECK_THAT(asking.only().error().what, ContainsSubstring("led by another"));

  asking.told.clear();
  asking.get();  // again
  asking.answer_read();
  asking.answer_info(successor);
  CHECK(asking.only());
}

TEST_CASE("while a leader is new, a second one is listened for and what was read is read again",
          "[nats][stream_leaders]") {
  const auto since = GENERATE("2026-01-31T12:00:11Z", "never");
  const auto by_new = info_by("nats-2", {{"nats-1", 1ms}, {"nats-3", 1ms}}, 3, since);
  Asking asking;
  asking.know(by_new);
  asking.get();
  asking.answer_read();
  asking.answer_info(by_new);
  CHECK(asking.told.empty());
  const auto listening = asking.connection.take();
  REQUIRE(listening.subject == "$JS.API.STREAM.INFO.EVT_ORDERING");
  SECTION("nobody answers") {
    CHECK_FALSE(listening.answered({nats::Reply::Status::timed_out, {}}));
    CHECK(asking.only().error().retryable);
    CHECK(asking.nothing_asked());
    return;
  }
  CHECK(listening.answered(ScriptedConnection::reply(by_new)));
  SECTION("there is none, and it reads the same") {
    asking.let_time_pass();
    asking.answer_read();
    CHECK(asking.only()->contains("message"));
  }
  SECTION("there is none, and it reads something else") {
    asking.let_time_pass();
    asking.answer_read(R"({"message":{"seq":8,"data":"YQ=="}})");
    CHECK(asking.only().error().retryable);
  }
  SECTION("nobody answers any more, and the time is not over") {
    CHECK_FALSE(listening.answered({nats::Reply::Status::timed_out, {}}));
    CHECK(asking.told.empty());
    asking.let_time_pass();
    asking.answer_read();
    CHECK(asking.only()->contains("message"));
  }
  SECTION("there is one") {
    CHECK(listening.answered(
        ScriptedConnection::reply(info_by("nats-1", {{"nats-2", 9s}, {"nats-3", 9s}}))));
    asking.let_time_pass();
    CHECK_THAT(asking.only().error().what, ContainsSubstring("both nats-2 and nats-1"));
    CHECK(asking.only().error().retryable);
  }
  CHECK_FALSE(listening.answered(ScriptedConnection::reply(by_new)));
  CHECK(asking.nothing_asked());
}

TEST_CASE("one question serves all reads that wait", "[nats][stream_leaders]") {
  Asking asking;
  asking.know(info_by("nats-1", both_heard));
  constexpr int reads = 5;
  for (int i = 0; i < reads; ++i) asking.get();
  for (int i = 0; i < reads; ++i) asking.answer_read();  // the first one asks
  CHECK(asking.told.empty());
  asking.answer_info(info_by("nats-1", both_heard));
  CHECK(asking.told.size() == 1);  // the others were read after it was asked
  asking.answer_info(info_by("nats-1", both_heard));
  CHECK(asking.told.size() == reads);
  CHECK(asking.nothing_asked());
}

TEST_CASE("a stream with one replica is asked for its leader once", "[nats][stream_leaders]") {
  Asking asking;
  asking.get();
  asking.answer_info(R"({"config":{"num_replicas":1},"state":{"last_seq":7}})");
  for (int i = 0; i < 3; ++i) {
    if (i > 0) asking.get();
    asking.answer_read();
    CHECK(asking.told.size() == static_cast<std::size_t>(i) + 1);
  }
  CHECK(asking.nothing_asked());
}

TEST_CASE("that there is no message counts no more than a message", "[nats][stream_leaders]") {
  const std::string nothing = R"({"error":{"code":404,"err_code":10037,"description":"none"}})";
  Asking asking;
  asking.know(info_by("nats-1", both_heard));
  asking.get();
  asking.answer_read(nothing);
  CHECK(asking.told.empty());
  SECTION("confirmed") {
    asking.answer_info(info_by("nats-1", both_heard));
    CHECK(asking.only().error().err_code == nats::api_error::message_not_found);
  }
  SECTION("not confirmed") {
    asking.answer_info(info_by("nats-1", {{"nats-2", 8s}, {"nats-3", 8s}}));
    CHECK(asking.only().error().err_code == 0);
  }
}

TEST_CASE("what JetStream refuses, or answers in another form, is passed on",
          "[nats][stream_leaders]") {
  Asking asking;
  asking.info();
  SECTION("an error") {
    asking.answer_info(R"({"error":{"code":404,"err_code":10059,"description":"no stream"}})");
    CHECK(asking.only().error().err_code == nats::api_error::stream_not_found);
  }
  SECTION("nonsense") {
    asking.answer_info(R"({"config":{"num_replicas":"three"}})");
    CHECK(asking.only().error().retryable);
  }
}

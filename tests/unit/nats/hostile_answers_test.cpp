// Whatever JetStream's answers look like, they are a value or a failure.
#include <chrono>
#include <future>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>
#include <catch2/catch_all.hpp>

#include "runtime/check/run/jetstream_backlog.hpp"
#include "runtime/check/run/jetstream_records.hpp"
#include "runtime/nats/claims/jetstream_claims.hpp"
#include "runtime/nats/deliveries/jetstream_backlogs.hpp"
#include "runtime/nats/deliveries/jetstream_parked_events.hpp"
#include "runtime/nats/deliveries/jetstream_timers.hpp"
#include "runtime/nats/jetstream/consumer_api.hpp"
#include "runtime/nats/jetstream/consumers_ahead.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/log/append_reply.hpp"
#include "runtime/nats/log/event_loading.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/nats/log/jetstream_inspector.hpp"
#include "tests/unit/nats/answering_connection.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// All that any answer has, at once. No stream has a message behind `last_seq` 0.
const char* const good_answer = R"({
  "type":"io.nats.jetstream.api.v1.some_response", "stream":"EVT_SHOP", "seq":5, "duplicate":false,
  "batch":"b", "count":1, "created":"2026-01-01T00:00:00Z", "ts":"2026-01-01T00:00:00Z",
  "config":{"name":"EVT_SHOP","num_replicas":3,"max_msgs":-1,"subjects":["evt.shop.>"]},
  "state":{"first_seq":1,"last_seq":0,"messages":0,"subjects":{"tmr.shop.armed.a.b.c":1}},
  "cluster":{"leader":"a","replicas":[{"name":"b","current":true,"lag":0}]},
  "message":{"subject":"evt.shop.order.o-1","seq":5,"data":"aGVsbG8=","hdrs":"TkFUUy8xLjANCg0K"},
  "consumers":[{"name":"c","config":{"durable_name":"c"},"num_pending":0,"num_ack_pending":0,
                "ack_floor":{"consumer_seq":1,"stream_seq":9},
                "delivered":{"consumer_seq":1,"stream_seq":9}}],
  "total":1, "offset":0, "limit":256, "num_pending":0, "num_ack_pending":0,
  "ack_floor":{"consumer_seq":1,"stream_seq":1}, "delivered":{"consumer_seq":1,"stream_seq":1},
  "priority_groups":[{"group":"active","pinned_client_id":"p"}], "api":{"level":5}})";

/// The good answer with one value in turn replaced by each of another shape, or taken away.
void add_mutations(const json& good, const json::json_pointer& at, std::vector<std::string>& all) {
  static const std::vector<json> others = {nullptr,
                                           true,
                                           "x",
                                           "9999-12-31T23:59:59Z",
                                           -1,
                                           1.5,
                                           1e300,
                                           UINT64_MAX,
                                           json::array(),
                                           json::object(),
                                           json::array({json::array({1})}),
                                           json{{"x", 1}}};
  const auto& value = good.at(at);
  if (!at.empty()) {
    for (const auto& other : others) {
      auto answer = good;
      answer.at(at) = other;
      all.push_back(answer.dump());
    }
    auto without = good;
    auto& parent = without.at(at.parent_pointer());
    if (parent.is_object()) parent.erase(at.back());
    all.push_back(without.dump());
  }
  if (value.is_object())
    for (const auto& [key, _] : value.items()) add_mutations(good, at / key, all);
  if (value.is_array())
    for (std::size_t i = 0; i < value.size(); ++i) add_mutations(good, at / i, all);
}

std::vector<std::string> answers() {
  std::vector<std::string> all = {
      "",
      "{",
      "null",
      "[]",
      "3",
      "\"x\"",
      "\xff",
      "{}",
      std::string(500'000, '['),
      R"({"error":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}",
      R"({"config":{"max_msgs":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}}"};
  for (const auto* error :
       {"null", "true", "\"x\"", "3", "[]", "{}", R"({"code":"x"})",
        R"({"code":404,"err_code":"x"})", R"({"code":1.5,"err_code":[1],"description":{}})",
        R"({"code":-99999999999})", R"({"code":404,"err_code":10037,"description":["x"]})",
        R"({"code":404,"err_code":18446744073709551615,"description":"\u0000\u001b[2J"})"})
    all.push_back(R"({"stream":"EVT_SHOP","seq":5,"error":)" + std::string(error) + "}");
  add_mutations(json::parse(good_answer), json::json_pointer(), all);
  return all;
}

/// Everything of runtime/nats and of the tools that reads an answer of JetStream's API.
void read_everything(nats::Connection& connection) {
  const auto context = *Token::parse("shop");
  const Instance instance{context, *Token::parse("order"), *Token::parse("o-1")};
  const auto any = connection.request_and_wait("any", {}, {}, 1s);
  (void)nats::read_append_reply("EVT_SHOP", any);
  (void)nats::read_consumer_state(nats::read_api_reply("any", any));

  (void)nats::check_server(connection);
  (void)nats::ensure_streams(connection, context, 3);
  (void)nats::set_back_consumers(connection, "EVT_SHOP", 3);
  nats::StreamLeaders leaders(connection);
  nats::load_commits(leaders, Subject::events(instance), "EVT_SHOP", 0, [](const auto&) {});
  nats::JetStreamEventStreams streams(leaders);
  (void)streams.last_sequence(context);
  nats::JetStreamInspector inspector(leaders, {&connection});
  (void)inspector.reachable("EVT_SHOP");
  (void)inspector.facts("EVT_SHOP");
  (void)inspector.hash_at("EVT_SHOP", 5);
  (void)inspector.accepted("EVT_SHOP");
  (void)inspector.accept("EVT_SHOP", {}, StreamInspector::Record::first);
  nats::JetStreamClaims claims(connection, {.id = "s", .node = "n"});
  (void)claims.agree_on_slots(64);
  claims.record(context, {}, 0, [](const auto&) {});
  nats::JetStreamParkedEvents parked(leaders);
  (void)parked.sources(context, *Token::parse("c"));
  parked.next(context, *Token::parse("c"), "evt.shop.order.o-1", 0, [](const auto&) {});
  (void)parked.remove(context, 5);
  nats::JetStreamBacklogs waiting(connection);
  (void)waiting.reactions(context, *Token::parse("c"));
  (void)waiting.timers(context);
  (void)waiting.open_effects(context, *Token::parse("order"), *Token::parse("e"));
  (void)waiting.stream(StreamKind::parked, context);
  nats::JetStreamTimers timers(connection);
  timers.arm(instance, *Token::parse("t"), Time{}, "", [](const auto&) {});
  timers.disarm(instance, *Token::parse("t"), [](const auto&) {});

  check::JetStreamBacklog backlog(connection);
  (void)backlog.backlog(context);
  check::JetStreamRecords records(connection);
  (void)records.facts(context);
  (void)records.control();
}

struct Heard final : ClaimHandler {
  std::promise<void> all;
  void claimed(const Claim&) override {}
  void caught_up() override { all.set_value(); }
};

}  // namespace

TEST_CASE("whatever JetStream's API answers, nothing throws and nothing ends", "[nats][json]") {
  const auto level = spdlog::get_level();
  spdlog::set_level(spdlog::level::off);
  for (const auto& answer : answers()) {
    INFO(answer.substr(0, 2'000));
    AnsweringConnection connection(answer);
    CHECK_NOTHROW(read_everything(connection));
  }
  spdlog::set_level(level);
}

TEST_CASE("an error that cannot be read is one that may pass", "[nats][json]") {
  for (const auto* error : {"true", "\"x\"", "{}", R"({"code":"x"})"}) {
    AnsweringConnection connection(R"({"stream":"EVT_SHOP","seq":5,"error":)" + std::string(error)
                                   + "}");
    const auto reply = connection.request_and_wait("any", {}, {}, 1s);
    const auto answer = nats::read_api_reply("any", reply);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().retryable);
    const auto append = nats::read_append_reply("EVT_SHOP", reply);
    CHECK(append.outcome == AppendResult::Outcome::unknown);
    CHECK_FALSE(append.nothing_stored);
  }
}

TEST_CASE("what JetStream says is cleaned and cut before anybody shows it", "[nats][json]") {
  AnsweringConnection connection(R"({"error":{"code":400,"description":"\u001b[2J\n)"
                                 + std::string(5'000, 'x') + R"("}})");
  const auto answer = nats::read_api_reply("any", connection.request_and_wait("any", {}, {}, 1s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().what.find('\x1b') == std::string::npos);
  CHECK(answer.error().what.size() < 300);
}

TEST_CASE("claims are followed whatever their consumer's answer counts", "[nats][json]") {
  AnsweringConnection connection(R"({"num_pending":"x","delivered":{"consumer_seq":[]}})");
  Heard heard;
  nats::JetStreamClaims claims(connection, {.id = "s", .node = "n"});
  const auto following = claims.follow(*Token::parse("shop"), heard);
  CHECK(heard.all.get_future().wait_for(10s) == std::future_status::ready);
}

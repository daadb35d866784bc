// The wire contract of commands and queries, on a real nats-server.
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/wire/wire.hpp"
#include "tests/contract/ingress_bench.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Kind = nats::ClientReply::Kind;
namespace header = nats::header;

TEST_CASE("ingress: a command arrives with all that its headers say", "[contract][ingress]") {
  IngressBench bench;
  const std::string traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto before = std::chrono::steady_clock::now();
  bench.request(bench.command_subject(place),
                {{header::command_id, "c-1"},
                 {header::expected_version, "3"},
                 {header::deadline, "1500"},
                 {header::issued_at, "1700000000123"},
                 {header::correlation_id, "flow/7"},
                 {header::traceparent, traceparent},
                 {"Nats-Msg-Id", "smuggled"}},
                protobuf_body());
  const auto commands = bench.bus.commands();
  REQUIRE(commands.size() == 1);
  const Command& command = commands.front();
  CHECK(command.instance.context.str() == bench.context);
  CHECK(command.instance.aggregate.str() == "order");
  CHECK(command.instance.id.str() == "o-1");
  CHECK(command.type == "PlaceOrder");
  CHECK(command.id == "c-1");
  CHECK(command.expected_version == 3);
  CHECK(command.issued_at.time_since_epoch() == 1'700'000'000'123ms);
  CHECK(command.correlation_id == "flow/7");
  CHECK(command.causation_id.empty());
  CHECK(command.traceparent == traceparent);
  CHECK(command.deadline >= before + 1'500ms);
  CHECK(command.deadline < before + 3'000ms);
  CHECK(dynamic_cast<const v1::CommandReply&>(*command.body).sequence() == 7);
}

TEST_CASE("ingress: what a client leaves out is filled in", "[contract][ingress]") {
  IngressBench bench;
  const Time before = SystemClock().now();
  const auto first = bench.request(bench.command_subject(place), {}, protobuf_body());
  const auto second =
      bench.request(bench.command_subject(place), {{header::traceparent, "junk"}}, protobuf_body());
  const auto commands = bench.bus.commands();
  REQUIRE(commands.size() == 2);
  CHECK(is_token(commands[0].id));
  CHECK(commands[0].id != commands[1].id);
  CHECK(first.command_id == commands[0].id);
  CHECK(commands[0].correlation_id == commands[0].id);
  CHECK(commands[0].issued_at >= before);
  CHECK_FALSE(commands[0].expected_version);
  CHECK(commands[0].traceparent.empty());
  CHECK(commands[1].traceparent.empty());
}

TEST_CASE("ingress: the same command in JSON and in protobuf is the same command",
          "[contract][ingress]") {
  IngressBench bench;
  bench.request(bench.command_subject(place), {}, protobuf_body());
  bench.request(bench.command_subject(place), {}, json_body);
  bench.request(bench.command_subject(place), {{header::content_type, "Application/JSON; x=y"}},
                std::string(" ") + json_body);
  const auto commands = bench.bus.commands();
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].hash == commands[1].hash);
  CHECK(commands[0].hash == commands[2].hash);
}

TEST_CASE("ingress: an accepted reply has all facts, in the form of the request",
          "[contract][ingress]") {
  IngressBench bench;
  bench.bus.outcome = Accepted{4, 5, "EVT_SHOP", 99, true};
  const auto reply =
      bench.raw_request(bench.command_subject(place), {{header::command_id, "c-1"}}, json_body);
  const auto text = [&](const char* key) {
    return std::string(reply.message.header(key).value_or("absent"));
  };
  CHECK(text("Troupe-First-Version") == "4");
  CHECK(text("Troupe-Last-Version") == "5");
  CHECK(text("Troupe-Stream") == "EVT_SHOP");
  CHECK(text("Troupe-Sequence") == "99");
  CHECK(text("Troupe-Duplicate") == "true");
  CHECK(text("Troupe-Node") == "node-1");
  CHECK(text("Troupe-Durability") == "durable");
  CHECK(text("Content-Type") == "application/json");
  CHECK(text("Nats-Service-Error") == "absent");
  const auto body = nlohmann::json::parse(reply.message.body());
  CHECK(body["firstVersion"] == "4");
  CHECK(body["duplicate"] == true);

  const auto binary = bench.request(bench.command_subject(place), {}, protobuf_body());
  v1::CommandReply facts;
  REQUIRE(facts.ParseFromString(binary.body));
  CHECK(facts.last_version() == 5);
  CHECK(facts.stream() == "EVT_SHOP");
  CHECK(binary.position.sequence == 99);
}

TEST_CASE("ingress: when nothing needed to happen no version is claimed", "[contract][ingress]") {
  IngressBench bench;
  bench.bus.outcome = Accepted{};
  const auto reply = bench.raw_request(bench.command_subject(place), {}, protobuf_body());
  CHECK_FALSE(reply.message.header("Troupe-First-Version"));
  CHECK_FALSE(reply.message.header("Troupe-Last-Version"));
  CHECK_FALSE(reply.message.header("Troupe-Duplicate"));
  CHECK(reply.message.header("Troupe-Durability") == "durable");
}

TEST_CASE("ingress: a rejection has its code, reason and sentence, and what it was decided on",
          "[contract][ingress]") {
  IngressBench bench;
  bench.bus.outcome = Rejected{RejectionCode::refused, "no\r\nNats-Service-Error-Code: 200",
                               "stock:out\r\nTroupe-Node: x", 12};
  const auto reply = bench.request(bench.command_subject(place), {}, protobuf_body());
  CHECK(reply.kind == Kind::rejected);
  CHECK(reply.code == 422);
  CHECK(reply.text == "no?\?Nats-Service-Error-Code: 200");
  CHECK(reply.reason == "stock:out?\?Troupe-Node: x");
  CHECK(reply.decided_at == 12);

  bench.bus.outcome = Rejected{RejectionCode::conflict, ""};
  CHECK(bench.request(bench.command_subject(place), {}, protobuf_body()).text
        == "No reason was given.");
}

TEST_CASE("ingress: unknown is 504 and says with which id to repeat", "[contract][ingress]") {
  IngressBench bench;
  bench.bus.outcome = Unknown{"The log did not answer."};
  const auto reply =
      bench.request(bench.command_subject(place), {{header::command_id, "c-9"}}, protobuf_body());
  CHECK(reply.kind == Kind::unknown);
  CHECK(reply.code == 504);
  CHECK(reply.command_id == "c-9");
}

TEST_CASE("ingress: a command without a reply subject is executed too", "[contract][ingress]") {
  IngressBench bench;
  REQUIRE(bench.client().publish(bench.command_subject(place), {}, protobuf_body()));
  REQUIRE(bench.bus.wait_for_commands(1));
  require_works(bench);
}

TEST_CASE("ingress: a stopped one answers nothing new and everything old", "[contract][ingress]") {
  IngressBench bench;
  bench.bus.holds = true;
  std::promise<nats::Reply> answer;
  bench.client().request(bench.command_subject(place), {}, protobuf_body(), 10s,
                         [&](nats::Reply reply) { answer.set_value(std::move(reply)); });
  REQUIRE(bench.bus.wait_for_commands(1));
  auto stopping = std::async(std::launch::async, [&] { bench.ingress().stop(); });
  REQUIRE(eventually(5s, [&] {
    return bench.request(bench.query_subject("OrderStatus"), {}, protobuf_body()).code == 503;
  }));
  bench.bus.answer_held();
  stopping.get();
  CHECK(answer.get_future().get().status == nats::Reply::Status::answered);
  CHECK(bench.raw_request(bench.command_subject(place), {}, protobuf_body()).status
        == nats::Reply::Status::no_responders);
}

TEST_CASE("ingress: a query's answer has its position and the form of the question",
          "[contract][ingress]") {
  IngressBench bench;
  auto found = std::make_shared<v1::CommandReply>();
  found->set_stream("found");
  bench.bus.query_outcome = {200, "", found, {"EVT_SHOP", 41}};
  const auto json = bench.request(bench.query_subject("OrderStatus"),
                                  {{header::min_sequence, "EVT_SHOP:40"}}, json_body);
  CHECK(json.kind == Kind::accepted);
  CHECK(nlohmann::json::parse(json.body)["stream"] == "found");
  CHECK(json.position.stream == "EVT_SHOP");
  CHECK(json.position.sequence == 41);
  const auto calls = bench.bus.queries();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].query == "OrderStatus");
  REQUIRE(calls[0].at_least);
  CHECK(calls[0].at_least->stream == "EVT_SHOP");
  CHECK(calls[0].at_least->sequence == 40);

  bench.bus.query_outcome = {404, "order.unknown", nullptr, {"EVT_SHOP", 42}, "order.unknown"};
  const auto miss = bench.request(bench.query_subject("OrderStatus"), {}, protobuf_body());
  CHECK(miss.code == 404);
  CHECK(miss.text == "order.unknown");
  CHECK(miss.reason == "order.unknown");
  CHECK(miss.position.sequence == 42);
}

TEST_CASE("ingress: an answer that cannot be printed is a sentence", "[contract][ingress]") {
  IngressBench bench;
  auto found = std::make_shared<v1::Claim>();
  found->mutable_claimed_at()->set_seconds(9'007'199'254'740);
  bench.bus.query_outcome = {200, "", found, {"EVT_SHOP", 41}};
  const auto json = bench.request(bench.query_subject("OrderStatus"), {}, json_body);
  CHECK(json.code == 500);
  CHECK_THAT(json.text, Catch::Matchers::ContainsSubstring("cannot be written as JSON"));
  CHECK(json.position.sequence == 41);
  const auto binary = bench.request(bench.query_subject("OrderStatus"), {}, protobuf_body());
  CHECK(binary.kind == Kind::accepted);
  CHECK(binary.body == found->SerializeAsString());
}

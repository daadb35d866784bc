// An answer that NATS does not take becomes one that it takes.
#include <string>

#include <catch2/catch_all.hpp>

#include "tests/contract/ingress_bench.hpp"

using namespace troupe;
using namespace troupe::test;
using Catch::Matchers::ContainsSubstring;
using Kind = nats::ClientReply::Kind;

namespace {

constexpr std::size_t over_the_limit = 1'100'000;  // the server's default max_payload is 1 MiB

}  // namespace

TEST_CASE("an answer over the limit of the wire is an error that fits, counted and shown",
          "[contract][ingress]") {
  IngressBench bench;
  auto large = std::make_shared<v1::CommandReply>();
  large->set_stream(std::string(over_the_limit, 's'));
  bench.bus.query_outcome = {.code = 200, .text = {}, .reply = large, .position = {"EVT_A", 7}};
  const std::string body = GENERATE(as<std::string>{}, "", "{}");
  const auto reply = bench.request(bench.query_subject("OrderStatus"), {}, body);
  CHECK(reply.kind == Kind::rejected);
  CHECK(reply.code == 500);
  CHECK_THAT(reply.text,
             ContainsSubstring("The answer cannot be sent") && ContainsSubstring("max_payload"));
  CHECK(bench.ingress().stats().answers_unsent == 1);
  const auto stats = bench.service("STATS");
  for (const auto& endpoint : stats.at("endpoints"))
    if (endpoint.at("name") == "OrderStatus") {
      CHECK(endpoint.at("num_errors") == 1);
      CHECK(endpoint.at("last_error").get<std::string>().starts_with("500:"));
    }

  bench.bus.query_outcome.reply = std::make_shared<v1::CommandReply>();
  CHECK(bench.request(bench.query_subject("OrderStatus"), {}, body).kind == Kind::accepted);
  CHECK(bench.ingress().stats().answers_unsent == 1);
}

TEST_CASE("a command whose answer cannot be sent is not called refused", "[contract][ingress]") {
  IngressBench bench;
  bench.bus.outcome = Accepted{.first_version = 1,
                               .last_version = 1,
                               .stream = std::string(over_the_limit, 's'),
                               .sequence = 7};
  const auto reply = bench.request(bench.command_subject(place), {}, protobuf_body());
  CHECK(reply.kind == Kind::unknown);
  CHECK(reply.code == 504);
  CHECK_THAT(reply.text, ContainsSubstring("The answer cannot be sent"));
}

TEST_CASE("what a service tells of itself over the limit is an error, too",
          "[contract][services]") {
  NatsServer server("max_payload: 400");
  IngressBench bench(nats::IngressOptions::commands_max_default, {}, server);
  CHECK(bench.service("PING").at("name") == bench.context);
  const auto info = bench.request("$SRV.INFO." + bench.context, {}, "");
  CHECK(info.code == 500);
  CHECK_THAT(info.text, ContainsSubstring("max_payload"));
  CHECK(bench.ingress().stats().answers_unsent == 1);
}

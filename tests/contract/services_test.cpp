// The NATS services API, as `nats service` asks it.
#include <string>

#include <catch2/catch_all.hpp>

#include "tests/contract/ingress_bench.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

nlohmann::json endpoint(const nlohmann::json& response, const std::string& name) {
  for (const auto& one : response.at("endpoints"))
    if (one.at("name") == name) return one;
  return nullptr;
}

}  // namespace

TEST_CASE("services: PING, INFO and STATS have ADR-32's form", "[contract][services]") {
  IngressBench bench;
  const auto ping = bench.service("PING");
  CHECK(ping["type"] == "io.nats.micro.v1.ping_response");
  CHECK(ping["name"] == bench.context);
  CHECK(ping["version"] == "1.2.3");
  CHECK(ping["metadata"]["node"] == "node-1");
  const std::string id = ping["id"];
  CHECK_FALSE(id.empty());

  const auto info = bench.service("INFO");
  CHECK(info["type"] == "io.nats.micro.v1.info_response");
  CHECK(info["id"] == id);
  CHECK(info["description"].is_string());
  REQUIRE(info["endpoints"].size() == 2);
  CHECK(endpoint(info, "order")["subject"] == "cmd." + bench.context + ".order.>");
  CHECK(endpoint(info, "order")["queue_group"] == "troupe");
  CHECK(endpoint(info, "order")["metadata"]["commands"] == "Claim PlaceOrder");
  CHECK(endpoint(info, "OrderStatus")["subject"] == "qry." + bench.context + ".OrderStatus");

  const auto stats = bench.service("STATS");
  CHECK(stats["type"] == "io.nats.micro.v1.stats_response");
  CHECK(stats["started"].get<std::string>().ends_with("Z"));
  CHECK(endpoint(stats, "order")["num_requests"] == 0);
  CHECK(endpoint(stats, "order")["data"]["instances_of_context"] == 7);
}

TEST_CASE("services: STATS counts requests, errors and time", "[contract][services]") {
  IngressBench bench;
  for (int i = 0; i < 3; ++i) bench.request(bench.command_subject("order.o-1.PlaceOrder"), {}, "");
  bench.request(bench.command_subject("order.o-1.PlaceOrder"), {}, "{");
  const auto order = endpoint(bench.service("STATS"), "order");
  CHECK(order["num_requests"] == 4);
  CHECK(order["num_errors"] == 1);
  CHECK(order["last_error"].get<std::string>().starts_with("400:"));
  const auto total = order["processing_time"].get<std::uint64_t>();
  CHECK(total > 0);
  CHECK(order["average_processing_time"] == total / 4);
}

TEST_CASE("services: they answer to everybody, to their name and to their id",
          "[contract][services]") {
  IngressBench bench;
  const std::string id = bench.service("PING")["id"];
  const auto status = [&](const std::string& subject) {
    return bench.client().request_and_wait(subject, {}, "", std::chrono::milliseconds(300)).status;
  };
  using Status = nats::Reply::Status;
  CHECK(status("$SRV.PING") == Status::answered);
  CHECK(status("$SRV.INFO." + bench.context + "." + id) == Status::answered);
  CHECK(status("$SRV.INFO." + bench.context + ".another") == Status::timed_out);
  CHECK(status("$SRV.PING.another") == Status::timed_out);
  CHECK(status("$SRV.SHUTDOWN") == Status::timed_out);
}

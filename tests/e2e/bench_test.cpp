// troupe-bench measures on servers of its own and verifies what it claims.
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

using namespace troupe::test;

namespace {

nlohmann::json bench(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--seconds", "1", "--warm-up", "0.2", "--instances", "100",
                                     "--outstanding", "10", "--json"});
  const auto ran = run_program("troupe-bench", arguments);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  return nlohmann::json::parse(ran.out);
}

}  // namespace

TEST_CASE("bench: commands are measured beside the floor and verified in the stream",
          "[e2e][bench]") {
  const auto figures = bench({"commands", "--vs", "floor", "--durability",
                              GENERATE(std::string("dev"), std::string("durable"))});
  CHECK(figures["workload"] == "commands");
  CHECK(figures["verified"] == true);
  for (const auto& side : {figures, figures["floor"]}) {
    CHECK(side["rate_per_s"] > 100);
    CHECK(side["p50_us"] > 10);
    CHECK(side["p99_us"] >= side["p50_us"]);
    CHECK(side["p999_us"] >= side["p99_us"]);
    CHECK(side["cpu_s_per_1000"]["nats"] > 0);
  }
  CHECK(figures["ratio"] > 0);
  CHECK(figures["unknown"] == 0);
}

TEST_CASE("bench: at a fixed rate no more than that is sent", "[e2e][bench]") {
  const auto figures = bench({"commands", "--rate", "200"});
  CHECK(figures["verified"] == true);
  CHECK(figures["rate_per_s"] > 150);
  CHECK(figures["rate_per_s"] < 210);
}

TEST_CASE("bench: every workload verifies what it measured", "[e2e][bench]") {
  using Arguments = std::vector<std::string>;
  auto arguments = GENERATE(Arguments{"flow", "--count", "50"},
                            Arguments{"replay", "--instances", "100", "--events", "5"},
                            Arguments{"activate", "--instances", "100", "--events", "3"},
                            Arguments{"activate", "--instances", "100", "--no-snapshots"},
                            Arguments{"memory", "--instances", "500"});
  CAPTURE(arguments);
  arguments.emplace_back("--json");
  const auto ran = run_program("troupe-bench", arguments);
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto figures = nlohmann::json::parse(ran.out);
  CHECK(figures["workload"] == arguments[0]);
  CHECK(figures["verified"] == true);
  CHECK(figures[arguments[0] == "memory" ? "bytes_per_instance" : "rate_per_s"] > 1);
}

TEST_CASE("bench: what it cannot do it says in one sentence", "[e2e][bench]") {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{},
                                                    {"commands", "--vs", "ceiling"},
                                                    {"commands", "--instances", "0"},
                                                    {"commands", "--durability", "eternal"}}) {
    const auto ran = run_program("troupe-bench", arguments);
    CHECK(ran.code == 2);
    CHECK_FALSE(ran.err.empty());
  }
}

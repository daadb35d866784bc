// A node that dies at a compiled-in place: the command's fate is what that place says.
#include <csignal>
#include <cstdlib>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::Ran;
using troupe::test::run_shop;
using troupe::test::System;

constexpr int killed = 128 + SIGKILL;

Ran receive(System& system, const std::string& deadline) {
  return run_shop({"send", "inventory.stock.mug.ReceiveStock",
                   R"({"reference":"initial","quantity":10})", "--command-id", "receive-mug",
                   "--deadline", deadline, "--nats", system.nats().url(), "--json"});
}

/// Starts a node that dies as `faults` says, and no later one.
void start_doomed_node(System& system, const char* faults) {
  REQUIRE(setenv("TROUPE_FAULTS", faults, 1) == 0);
  system.start_node("n1", {"inventory"});
  REQUIRE(unsetenv("TROUPE_FAULTS") == 0);
}

TEST_CASE("a node dies where its environment says, and a repeat finds what had happened",
          "[e2e][fault_point]") {
  const auto [faults, had_happened] = GENERATE(table<const char*, bool>({
      {"append.before_send@1:kill", false},
      {"append.sent@1:kill", true},
      {"append.acked@1:kill", true},
  }));
  INFO(faults);
  System system;
  start_doomed_node(system, faults);
  const auto first = receive(system, "3");
  CHECK(first.code != 0);
  REQUIRE(system.node("n1").wait(20s) == killed);
  CHECK_THAT(system.node_log("n1"), ContainsSubstring("passage 1"));

  system.start_node("n1", {"inventory"});
  const auto again = receive(system, "20");
  INFO(again.out << again.err);
  REQUIRE(again.code == 0);
  const auto reply = json::parse(again.out);
  CHECK(reply.value("duplicate", false) == had_happened);
}

TEST_CASE("a view written before the node died is written once", "[e2e][fault_point]") {
  System system;
  start_doomed_node(system, "view.written@1:kill");
  (void)receive(system, "3");
  REQUIRE(system.node("n1").wait(20s) == killed);
  system.start_node("n1", {"inventory"});
  CHECK(receive(system, "20").code == 0);
  const auto check = run_shop({"check", "--nats", system.nats().url(), "--redis",
                               system.redis().url(), "--contexts", "inventory", "--json"});
  INFO(check.out << check.err);
  CHECK(check.code == 0);
}

TEST_CASE("a fault that makes no sense keeps the node from starting", "[e2e][fault_point]") {
  REQUIRE(setenv("TROUPE_FAULTS", "append.sent@soon:kill", 1) == 0);
  const auto ran = run_shop({"node", "--config", "/dev/null"});
  REQUIRE(unsetenv("TROUPE_FAULTS") == 0);
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, ContainsSubstring("TROUPE_FAULTS"));
}

}  // namespace

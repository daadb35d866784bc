// A staging system that was given production's Redis: neither notices the other.
#include <csignal>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using troupe::test::eventually;
using troupe::test::run_shop;
using troupe::test::System;

constexpr std::size_t all_slots = 64;

troupe::test::Ran receive(System& system, const std::string& article) {
  return run_shop({"send", "inventory.stock." + article + ".ReceiveStock",
                   R"({"reference":"r-1","quantity":7})", "--nats", system.nats().url()});
}

/// What a query prints, or its exit code.
std::string stock(System& system, const std::string& article) {
  const auto ran = run_shop({"query", "inventory.GetStock", R"({"articleId":")" + article + R"("})",
                             "--nats", system.nats().url(), "--json"});
  return ran.code == 0 ? ran.out : "code " + std::to_string(ran.code) + ": " + ran.out + ran.err;
}

json info(System& system, const std::string& node) {
  const auto response = troupe::curl::http_get(system.health_url(node) + "/info", 2s);
  return response ? json::parse(response->body, nullptr, false) : json();
}

std::size_t slots(System& system, const std::string& node) {
  return info(system, node).at("contexts").at("inventory").at("slots").size();
}

TEST_CASE("two systems that use one Redis never meet", "[e2e][two_systems]") {
  System production;
  production.start_node("node-1", {"inventory"});
  REQUIRE(receive(production, "mug").code == 0);
  REQUIRE(
      eventually(20s, [&] { return stock(production, "mug").find("mug") != std::string::npos; }));

  System staging(&production.redis());
  staging.start_node("node-2", {"inventory"});
  CHECK(info(staging, "node-2").at("system") != info(production, "node-1").at("system"));
  // Production's rows are none of staging's.
  CHECK(stock(staging, "mug").find("stock.unknown") != std::string::npos);

  for (int i = 0; i < 40; ++i) {
    const auto ran = receive(production, "mug-" + std::to_string(i));
    INFO(ran.out << ran.err);
    CHECK(ran.code == 0);
  }
  CHECK(slots(production, "node-1") == all_slots);
  CHECK(slots(staging, "node-2") == all_slots);

  REQUIRE(receive(staging, "cup").code == 0);
  CHECK(eventually(20s, [&] { return stock(staging, "cup").find("cup") != std::string::npos; }));
  CHECK(stock(production, "cup").find("stock.unknown") != std::string::npos);

  // One that goes takes nothing of the other with it.
  staging.node("node-2").signal(SIGTERM);
  REQUIRE(staging.node("node-2").wait(20s) == 0);
  CHECK(slots(production, "node-1") == all_slots);
  CHECK(receive(production, "mug-0").code == 0);
}

}  // namespace

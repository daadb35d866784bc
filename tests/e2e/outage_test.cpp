// A context that is away for half a minute, with the others on a node of their own.
#include <chrono>
#include <csignal>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using troupe::test::eventually;
using troupe::test::run_shop;
using troupe::test::System;

constexpr auto outage = 30s;
constexpr int orders_before = 3;

json place(System& system, const std::string& order) {
  const auto ran = run_shop(
      {"send", "ordering.order." + order + ".PlaceOrder",
       R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":1,"unitPriceMinor":"799"}]})",
       "--nats", system.nats().url(), "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  return json::parse(ran.out);
}

std::string status(System& system, const std::string& order) {
  const auto ran = run_shop({"query", "ordering.GetOrder", R"({"orderId":")" + order + R"("})",
                             "--nats", system.nats().url(), "--json"});
  return ran.out;
}

bool confirmed(System& system, const std::string& order) {
  return status(system, order).find("ORDER_STATUS_CONFIRMED") != std::string::npos;
}

TEST_CASE("orders are accepted while payments is stopped and end after it returns",
          "[e2e][outage]") {
  System system;
  system.start_node("front", {"ordering", "inventory", "notifications"});
  system.start_node("payments", {"payments"});
  const auto stocked =
      run_shop({"send", "inventory.stock.mug.ReceiveStock",
                R"({"reference":"initial","quantity":"1000"})", "--nats", system.nats().url()});
  INFO(stocked.err);
  REQUIRE(stocked.code == 0);
  for (int i = 0; i < orders_before; ++i) place(system, "before-" + std::to_string(i));
  REQUIRE(eventually(20s, [&] { return confirmed(system, "before-0"); }));

  system.node("payments").signal(SIGTERM);
  REQUIRE(system.node("payments").wait(20s) == 0);
  const auto stopped_at = std::chrono::steady_clock::now();
  int during = 0;
  while (std::chrono::steady_clock::now() - stopped_at < outage) {
    place(system, "during-" + std::to_string(during++));
    REQUIRE_FALSE(confirmed(system, "during-0"));
    eventually(1s, [] { return false; });  // the outage is a length of time; one order a second
  }
  CHECK(during > 10);

  system.start_node("payments", {"payments"});
  for (int i = 0; i < during; ++i) {
    INFO("order " << i);
    CHECK(eventually(30s, [&] { return confirmed(system, "during-" + std::to_string(i)); }));
  }
  json report;
  const bool settled = eventually(30s, [&] {
    const auto check = run_shop(
        {"check", "--nats", system.nats().url(), "--redis", system.redis().url(), "--json"});
    report = json::parse(check.out, nullptr, false);
    return check.code == 0;
  });
  INFO(report.dump(2));
  CHECK(settled);
}

}  // namespace

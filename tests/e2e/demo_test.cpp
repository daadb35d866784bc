// `troupe demo` as a newcomer runs it.
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::run_troupe;

const std::string retail = std::string(TROUPE_TESTS) + "/data/retail.csv";

/// What holds for every run that went well, whatever its orders.
void check_good(const json& result) {
  INFO(result.dump(2));
  const auto& orders = result.at("orders");
  CHECK(orders.at("placed")
        == orders.at("confirmed").get<int>() + orders.at("cancelled").get<int>());
  CHECK(result.at("violations").empty());
  CHECK(result.at("not_checked").empty());
  CHECK(result.at("events").get<int>() >= result.at("commits").get<int>());
}

TEST_CASE("the demo ends every generated order and violates nothing", "[e2e][demo]") {
  const auto ran = run_troupe({"demo", "--count", "150", "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result);
  CHECK(result.at("orders").at("placed") > 100);
  CHECK(result.at("orders").at("confirmed") > 0);
}

TEST_CASE("the demo runs an Online Retail file over the real servers", "[e2e][demo]") {
  const auto ran = run_troupe({"demo", "--orders", retail, "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result);
  const auto& orders = result.at("orders");
  CHECK(orders.at("placed") == 78);    // 90 invoices less those nobody may order
  CHECK(orders.at("rejected") == 12);  // a line of quantity or price zero or below
  CHECK(orders.at("cancelled_by_customer").get<int>() + orders.at("nothing_to_cancel").get<int>()
        == 9);
  CHECK(result.at("reasons").contains("out_of_stock"));
}

TEST_CASE("the demo runs the same flow in memory without any server", "[e2e][demo]") {
  const auto ran = run_troupe({"demo", "--memory", "--orders", retail, "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result);
  CHECK(result.at("orders").at("placed") == 78);
  CHECK(result.at("orders").at("rejected") == 12);
}

TEST_CASE("the demo's table is for people", "[e2e][demo]") {
  const auto ran = run_troupe({"demo", "--memory", "--count", "20"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  for (const auto* word : {"placed", "confirmed", "cancelled", "commands", "commits", "seconds"})
    CHECK_THAT(ran.out, ContainsSubstring(word));
}

TEST_CASE("a file of orders that is wrong is one sentence", "[e2e][demo]") {
  const auto ran = run_troupe({"demo", "--memory", "--orders", "no-such-file.csv"});
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, ContainsSubstring("no-such-file.csv"));
}

}  // namespace

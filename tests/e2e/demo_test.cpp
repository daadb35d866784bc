// `shop demo` as a newcomer runs it.
#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

namespace {

/// There is no other version of the program.
const std::set<std::string> beyond_one_node{"I24"};
/// In memory there are no streams to ask about.
const std::set<std::string> beyond_memory{"I16", "I19", "I20", "I21", "I22", "I24", "I9"};

using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::run_shop;

const std::string retail = std::string(TROUPE_TESTS) + "/data/retail.csv";

/// What holds for every run that went well, whatever its orders. `beyond`: the invariants that such
/// a run has no records for, or not for all of it.
void check_good(const json& result, const std::set<std::string>& beyond) {
  INFO(result.dump(2));
  const auto& orders = result.at("orders");
  CHECK(orders.at("placed")
        == orders.at("confirmed").get<int>() + orders.at("cancelled").get<int>());
  CHECK(result.at("violations").empty());
  std::set<std::string> not_checked;
  for (const auto& gap : result.at("not_checked")) not_checked.insert(gap.at("invariant"));
  CHECK(std::ranges::includes(beyond, not_checked));
  CHECK(result.at("events").get<int>() >= result.at("commits").get<int>());
}

TEST_CASE("the demo ends every generated order and violates nothing", "[e2e][demo]") {
  const auto ran = run_shop({"demo", "--count", "150", "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result, beyond_one_node);
  CHECK(result.at("orders").at("placed") > 100);
  CHECK(result.at("orders").at("confirmed") > 0);
}

TEST_CASE("the demo runs an Online Retail file over the real servers", "[e2e][demo]") {
  const auto ran = run_shop({"demo", "--orders", retail, "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result, beyond_one_node);
  const auto& orders = result.at("orders");
  CHECK(orders.at("placed") == 78);    // 90 invoices less those nobody may order
  CHECK(orders.at("rejected") == 12);  // a line of quantity or price zero or below
  CHECK(orders.at("cancelled_by_customer").get<int>() + orders.at("nothing_to_cancel").get<int>()
        == 9);
  CHECK(result.at("reasons").contains("out_of_stock"));
}

TEST_CASE("the demo runs the same flow in memory without any server", "[e2e][demo]") {
  const auto ran = run_shop({"demo", "--memory", "--orders", retail, "--json"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  check_good(result, beyond_memory);
  CHECK(result.at("orders").at("placed") == 78);
  CHECK(result.at("orders").at("rejected") == 12);
}

TEST_CASE("the demo's table is for people", "[e2e][demo]") {
  const auto ran = run_shop({"demo", "--memory", "--count", "20"});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
  for (const auto* word : {"placed", "confirmed", "cancelled", "commands", "commits", "seconds"})
    CHECK_THAT(ran.out, ContainsSubstring(word));
}

TEST_CASE("a file of orders that is wrong is one sentence", "[e2e][demo]") {
  const auto ran = run_shop({"demo", "--memory", "--orders", "no-such-file.csv"});
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, ContainsSubstring("no-such-file.csv"));
}

}  // namespace

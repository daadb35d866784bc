// shop drive against servers that somebody else started.
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"
#include "tests/support/system.hpp"

namespace {

using nlohmann::json;
using troupe::test::run_shop;
using troupe::test::System;

TEST_CASE("a drive ends every order, settles every command and leaves a history that checks",
          "[e2e][drive]") {
  System system;
  system.start_node("n1", {"ordering", "inventory", "payments", "notifications"});
  const auto folder = system.folder().string();
  const auto drive = [&] {
    return run_shop({"drive", "--nats", system.nats().url(), "--history", folder, "--count", "1000",
                     "--seconds", "3", "--rate", "20", "--probe-rate", "5", "--json"});
  };
  const auto ran = drive();
  INFO(ran.err << ran.out);
  REQUIRE(ran.code == 0);
  const auto result = json::parse(ran.out);
  const auto& orders = result.at("orders");
  CHECK(orders.at("placed") > 20);
  CHECK(orders.at("placed") <= 62);
  CHECK(orders.at("placed")
        == orders.at("confirmed").get<int>() + orders.at("cancelled").get<int>());
  CHECK(result.at("commands").at("unsettled") == 0);
  CHECK(result.at("commands").at("ok") > 600);  // probes among them
  CHECK(result.at("repeats") > 0);

  const auto check = run_shop({"check", "--nats", system.nats().url(), "--redis",
                               system.redis().url(), "--history", folder, "--json"});
  INFO(check.err << check.out);
  CHECK(check.code == 0);
  const auto report = json::parse(check.out);
  CHECK(report.at("counters").at("reads of views") > 5);
  for (const auto& gap : report.at("not_checked"))
    CHECK_THAT((std::vector<std::string>{"I9", "I14", "I19", "I21", "I24"}),
               Catch::Matchers::VectorContains(gap.at("invariant").get<std::string>()));
  CHECK(drive().code == 2);  // the log is not empty any more
}

}  // namespace

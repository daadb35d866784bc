// A log that went back under a running node: it says so, stops, and goes on when an operator says.
#include <csignal>
#include <filesystem>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"
#include "tools/servers/temp_folder.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::eventually;
using troupe::test::run_shop;
using troupe::test::System;
namespace fs = std::filesystem;

troupe::test::Ran place(System& system, const std::string& order) {
  return run_shop(
      {"send", "ordering.order." + order + ".PlaceOrder",
       R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":1,"unitPriceMinor":"799"}]})",
       "--nats", system.nats().url(), "--json"});
}

void place_all(System& system, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    const auto ran = place(system, prefix + std::to_string(i));
    INFO(ran.err);
    REQUIRE(ran.code == 0);
  }
}

/// The answer of /readyz.
std::pair<long, std::string> readiness(System& system) {
  const auto response = troupe::curl::http_get(system.health_url("node-1") + "/readyz", 2s);
  return response ? std::pair{response->status, response->body} : std::pair{0L, std::string()};
}

bool alarmed(System& system) {
  const auto [status, body] = readiness(system);
  return status == 503 && body.find("accept-log") != std::string::npos;
}

void replace_with_copy(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

/// A node with orders, whose NATS store is then an older copy of itself.
struct OlderStore {
  System system;
  const troupe::tool::TempFolder copies{"troupe-older-store"};
  const fs::path store = system.folder() / "jetstream";

  OlderStore() {
    system.start_node("node-1", {"ordering"});
    place_all(system, "kept-", 3);
    system.nats().process().stop();
    replace_with_copy(store, copies.path() / "store");
    REQUIRE(system.nats().restart());
    REQUIRE(eventually(20s, [&] { return readiness(system).first == 200; }));
    place_all(system, "lost-", 3);
  }

  void go_back() {
    system.nats().kill_hard();
    replace_with_copy(copies.path() / "store", store);
    REQUIRE(system.nats().restart());
  }
};

std::uint64_t view_position(System& system) {
  const auto info = troupe::curl::http_get(system.health_url("node-1") + "/info", 2s);
  return json::parse(info->body).at("contexts").at("ordering").at("view_position");
}

TEST_CASE("a log that went back stops its context until an operator accepts it",
          "[e2e][log_guard]") {
  OlderStore older;
  auto& system = older.system;
  older.go_back();
  REQUIRE(eventually(20s, [&] { return alarmed(system); }));
  const auto [status, says] = readiness(system);
  CHECK_THAT(says, ContainsSubstring("stream EVT_ORDERING ends at sequence"));
  CHECK_THAT(says, ContainsSubstring("accept-log --context ordering"));
  CHECK_THAT(system.node_log("node-1"), ContainsSubstring("critical"));
  CHECK_THAT(system.node_log("node-1"), ContainsSubstring(says.substr(0, 60)));
  const auto refused = place(system, "refused");
  CHECK(refused.code == 1);
  CHECK_THAT(refused.err + refused.out, ContainsSubstring("went back"));

  // Also a node that has just started.
  system.node("node-1").signal(SIGTERM);
  REQUIRE(system.node("node-1").wait(20s) == 0);
  system.start_unready_node("node-1", {"ordering"});
  REQUIRE(eventually(20s, [&] { return alarmed(system); }));
  CHECK(place(system, "refused").code == 1);

  const auto accepted = run_shop({"accept-log", "--context", "ordering", "--nats",
                                  system.nats().url(), "--redis", system.redis().url()});
  INFO(accepted.err << accepted.out);
  REQUIRE(accepted.code == 0);
  CHECK_THAT(accepted.out, ContainsSubstring("EVT_ORDERING: accepted"));
  REQUIRE(eventually(20s, [&] { return readiness(system).first == 200; }));
  const auto again = place(system, "lost-0");
  REQUIRE(again.code == 0);
  CHECK_FALSE(json::parse(again.out).value("duplicate", false));
  CHECK(json::parse(again.out).at("first_version") == 1);
  const std::uint64_t last = json::parse(again.out).at("sequence");
  CHECK(eventually(20s, [&] { return view_position(system) >= last; }));
  CHECK(run_shop({"query", "ordering.GetOrder", R"({"orderId":"lost-1"})", "--nats",
                  system.nats().url()})
            .code
        == 1);  // it is not in the log, so it is in no view
}

TEST_CASE("a server that was killed and is back is no alarm", "[e2e][log_guard]") {
  System system;
  system.start_node("node-1", {"ordering"});
  place_all(system, "before-", 3);
  system.nats().kill_hard();
  CHECK(eventually(20s, [&] { return readiness(system).first == 503; }));
  REQUIRE(system.nats().restart());
  REQUIRE(eventually(20s, [&] { return readiness(system).first == 200; }));
  place_all(system, "after-", 3);
  CHECK_THAT(system.node_log("node-1"), !ContainsSubstring("went back"));
}

TEST_CASE("accept-log says what is wrong with its arguments", "[e2e][cli]") {
  const auto no_context = run_shop({"accept-log", "--context", "cooking"});
  CHECK(no_context.code == 2);
  CHECK_THAT(no_context.err, ContainsSubstring("cooking"));
  CHECK(run_shop({"accept-log"}).code == 2);
}

}  // namespace

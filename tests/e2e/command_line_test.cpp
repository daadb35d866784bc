// The command line as people and scripts use it, against a running node.
#include <csignal>
#include <fstream>

#include <google/protobuf/any.pb.h>
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "runtime/nats/requests/command_client.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"
#include "tools/servers/loopback.hpp"
#include "troupe/v1/commit.pb.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::run_shop;
using troupe::test::System;

const std::string order =
    R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":2,"unitPriceMinor":"799"}]})";

TEST_CASE("an order can be sent, queried, looked at and decoded", "[e2e][cli]") {
  System system;
  system.start_node("node-1", {"ordering"});
  const auto nats = system.nats().url();

  const auto sent = run_shop({"send", "ordering.order.o-1.PlaceOrder", order, "--nats", nats,
                              "--command-id", "place-1", "--json"});
  INFO(sent.err << sent.out);
  REQUIRE(sent.code == 0);
  const auto again = run_shop({"send", "ordering.order.o-1.PlaceOrder", order, "--nats", nats,
                               "--command-id", "place-1", "--json"});
  CHECK(again.code == 0);
  CHECK(json::parse(again.out).at("duplicate") == true);

  const auto asked = run_shop({"query", "ordering.GetOrder", R"({"orderId":"o-1"})", "--nats", nats,
                               "--min-sequence", "EVT_ORDERING:1"});
  INFO(asked.err << asked.out);
  CHECK(asked.code == 0);
  CHECK_THAT(asked.out, ContainsSubstring("ORDER_STATUS_PLACED"));

  const auto state = run_shop({"state", "ordering.order.o-1", "--nats", nats});
  INFO(state.err << state.out);
  CHECK(state.code == 0);
  CHECK_THAT(state.out, ContainsSubstring("ORDER_STATUS_PLACED"));
  const auto before =
      run_shop({"state", "ordering.order.o-1", "--at", "2020-01-01T14:00:00Z", "--nats", nats});
  CHECK_THAT(before.out + before.err, !ContainsSubstring("ORDER_STATUS_PLACED"));

  const auto cancelled = run_shop({"send", "ordering.order.o-2.CancelOrder", "{}", "--nats", nats});
  CHECK(cancelled.code == 1);
  CHECK_THAT(cancelled.err, ContainsSubstring("422 order.unknown: CancelOrder is refused"));
  const auto as_json =
      run_shop({"send", "ordering.order.o-2.CancelOrder", "{}", "--nats", nats, "--json"});
  CHECK(nlohmann::json::parse(as_json.out).at("reason") == "order.unknown");
}

TEST_CASE("what is wrong is one sentence and a code", "[e2e][cli]") {
  const auto nowhere = "nats://127.0.0.1:" + std::to_string(troupe::tool::free_port());
  const auto dead = run_shop({"send", "ordering.order.o-1.PlaceOrder", order, "--nats", nowhere});
  CHECK(dead.code == 2);
  CHECK_THAT(dead.err, ContainsSubstring(nowhere.substr(7)));
  const auto bad_id = run_shop({"send", "ordering.order.a b.PlaceOrder", order});
  CHECK(bad_id.code == 2);
  const auto garbage = run_shop({"decode"}, "this is no commit");
  CHECK(garbage.code == 1);
  CHECK(garbage.err.find('\n') == garbage.err.size() - 1);
  google::protobuf::Any deep;
  for (int i = 0; i < 5'000; ++i) {
    google::protobuf::Any outer;
    outer.PackFrom(deep);
    deep = std::move(outer);
  }
  troupe::v1::Commit commit;
  commit.set_context("ordering");
  commit.set_aggregate("order");
  commit.set_id("o-1");
  commit.set_first_version(1);
  commit.mutable_committed_at()->set_seconds(INT64_MAX);
  *commit.add_events() = deep;
  const auto unprintable = run_shop({"decode", "--json"}, commit.SerializeAsString());
  CHECK(unprintable.code == 0);
  CHECK(json::parse(unprintable.out).at("id") == "o-1");
  const auto huge = run_shop({"decode"}, std::string(80'000'000, 'x'));
  CHECK(huge.code == 1);
  CHECK_THAT(huge.err, ContainsSubstring("longer than any commit"));
  const auto unknown = run_shop({"dance"});
  CHECK(unknown.code == 2);
  for (const auto* command :
       {"node", "demo", "send", "query", "state", "decode", "check", "accept-log"}) {
    const auto help = run_shop({command, "--help"});
    CHECK(help.code == 0);
    CHECK_THAT(help.out, ContainsSubstring("Example"));
  }
}

TEST_CASE("a node says in one sentence why it does not start", "[e2e][node]") {
  System system;
  const auto start = [&](const std::string& config) {
    const auto file = system.folder() / "bad.toml";
    std::ofstream(file) << config;
    return run_shop({"node", "--config", file.string()}, "", 30s);
  };
  const auto good = system.node_config("bad", {"ordering"});
  const auto with = [&](const std::string& from, const std::string& to) {
    auto config = good;
    config.replace(config.find(from), from.size(), to);
    return config;
  };

  const auto no_address = start(with(system.redis().url(), "http://127.0.0.1"));
  CHECK(no_address.code == 2);
  CHECK_THAT(no_address.err + no_address.out, ContainsSubstring("http://127.0.0.1"));
  const auto no_context = start(with("[\"ordering\"]", "[\"cooking\"]"));
  CHECK(no_context.code == 2);
  CHECK_THAT(no_context.err + no_context.out, ContainsSubstring("cooking"));
  const auto not_durable = start(good + "[durability]\nmode = \"durable\"\n");
  CHECK(not_durable.code == 2);
  CHECK_THAT(not_durable.err + not_durable.out, ContainsSubstring("sync_interval"));
  CHECK(start("[node]\nnmae = 1\n").code == 2);
  CHECK(run_shop({"node", "--config", "no-such-file.toml"}).code == 2);
}

TEST_CASE("a node is alive, ready, informative, and stops cleanly", "[e2e][node]") {
  System system;
  system.start_node("node-1", {"ordering", "payments"});
  const auto url = system.health_url("node-1");
  CHECK(troupe::curl::http_get(url + "/livez", 2s)->status == 200);
  CHECK(troupe::curl::http_get(url + "/readyz", 2s)->status == 200);
  const auto info = json::parse(troupe::curl::http_get(url + "/info", 2s)->body);
  CHECK(info.at("durability") == "dev");
  CHECK(info.at("contexts").size() == 2);
  system.node("node-1").signal(SIGTERM);
  CHECK(system.node("node-1").wait(20s) == 0);
}

TEST_CASE("a node logs as loudly as its configuration says", "[e2e][node]") {
  System system;
  system.node_settings = {{"node", {{"log_level", "info"}}}};
  system.start_node("loud", {"ordering"});
  CHECK_THAT(system.node_log("loud"), ContainsSubstring("[info]"));
  system.node_settings = {{"node", {{"log_level", "error"}}}};
  system.start_node("quiet", {"ordering"});
  CHECK_THAT(system.node_log("quiet"), !ContainsSubstring("[info]"));
  CHECK_THAT(system.node_log("quiet"), !ContainsSubstring("[warning]"));
}

TEST_CASE("a node that is ready refuses no command for a slot of one that was killed",
          "[e2e][node][conditions]") {
  System system;
  system.start_node("node-1", {"ordering"});
  system.node("node-1").signal(SIGKILL);
  REQUIRE(system.node("node-1").wait(20s));
  system.start_node("node-1", {"ordering"});
  // The first commands after the answer that it is ready, in many slots, none of them repeated.
  const auto connection =
      troupe::nats::Connection::open({.url = system.nats().url(), .name = "test"});
  REQUIRE(connection);
  for (int i = 0; i < 100; ++i) {
    const auto reply = troupe::nats::read_client_reply(
        (*connection)
            ->request_and_wait("cmd.ordering.order.o-" + std::to_string(i) + ".CancelOrder", {},
                               "{}", 5s));
    INFO(i << ": " << reply.code << " " << reply.text);
    REQUIRE(reply.code == 422);  // there is no such order, which an owner knows
  }
}

}  // namespace

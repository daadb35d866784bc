// What a node says while something waits that should not, on real servers.
#include <sys/stat.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"
#include "troupe/v1/records.pb.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::test::eventually;
using troupe::test::run_shop;
using troupe::test::System;
namespace nats = troupe::nats;

/// One node looks every 5 s, and what waits for 20 s is a condition.
constexpr auto patience = 60s;

/// node-1 as operators see it.
class Seen {
public:
  explicit Seen(System& system) : system_(system) {}

  std::string get(const std::string& path) {
    const auto response = troupe::curl::http_get(system_.health_url("node-1") + path, 2s);
    return response ? response->body : std::string();
  }
  bool ready() {
    const auto response = troupe::curl::http_get(system_.health_url("node-1") + "/readyz", 2s);
    return response && response->status == 200;
  }
  bool says(const std::string& part) { return get("/readyz").find(part) != std::string::npos; }
  bool says_nothing() {
    return eventually(patience, [&] { return get("/readyz") == "ready\n"; });
  }

  /// The condition of this code, null when there is none.
  json condition(const std::string& code) {
    const auto info = json::parse(get("/info"), nullptr, false);
    if (!info.is_object()) return nullptr;
    for (const auto& one : info.at("conditions"))
      if (one.at("code") == code) return one;
    return nullptr;
  }
  bool holds(const std::string& code) { return !condition(code).is_null(); }

  /// The value of the first sample of a metric with this in its labels; nothing when there is none.
  std::optional<double> metric(const std::string& name, const std::string& label) {
    std::istringstream lines(get("/metrics"));
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + "{") && line.find(label) != std::string::npos)
        return std::stod(line.substr(line.rfind(' ')));
    return std::nullopt;
  }
  bool is_counted(const std::string& code) {
    return metric("troupe_condition", "code=\"" + code + "\"").value_or(0) >= 1;
  }

  std::size_t logged(const std::string& part) {
    const auto log = system_.node_log("node-1");
    std::size_t count = 0;
    for (auto at = log.find(part); at != std::string::npos; at = log.find(part, at + 1)) ++count;
    return count;
  }

private:
  System& system_;
};

class Server {
public:
  explicit Server(System& system)
      : connection_(*nats::Connection::open({.url = system.nats().url(), .name = "operator"})) {}

  json ask(const std::string& verb, const json& body) {
    auto answer = nats::ask_api_and_wait(*connection_, verb, body);
    INFO(verb << ": " << (answer ? "" : answer.error().what));
    REQUIRE(answer);
    return *answer;
  }
  nats::Connection& connection() { return *connection_; }
  void store(const std::string& subject, const std::string& bytes) {
    REQUIRE(nats::read_api_reply("storing", connection_->request_and_wait(subject, {}, bytes, 5s)));
  }

private:
  std::unique_ptr<nats::Connection> connection_;
};

const std::string order =
    R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":1,"unitPriceMinor":"799"}]})";

troupe::test::Ran place(System& system, const std::string& id) {
  return run_shop({"send", "ordering.order." + id + ".PlaceOrder", order, "--nats",
                   system.nats().url(), "--deadline", "10"});
}

void stock(System& system) {
  const auto ran =
      run_shop({"send", "inventory.stock.mug.ReceiveStock",
                R"({"reference":"d-1","quantity":"100"})", "--nats", system.nats().url()});
  INFO(ran.err);
  REQUIRE(ran.code == 0);
}

void replace_in(const std::filesystem::path& file, const std::string& what,
                const std::string& with) {
  auto text = troupe::test::read_file(file);
  text.replace(text.find(what), what.size(), with);
  std::ofstream(file) << text;
}

const std::string inventory_consumer = "inventory-from-ordering";

}  // namespace

TEST_CASE("events that are parked are told by a node that starts anew, until they are gone",
          "[e2e][conditions]") {
  System system;
  Seen node(system);
  system.start_node("node-1", {"inventory"});
  system.node("node-1").signal(SIGTERM);
  REQUIRE(system.node("node-1").wait(20s) == 0);
  Server server(system);
  troupe::v1::ParkedEvent event;
  event.set_cause("nobody knows");
  event.set_source_subject("evt.ordering.order.o-1");
  event.set_commit("x");
  for (int i = 0; i < 3; ++i)
    server.store("dlq.inventory.other-consumer.evt.ordering.order.o-1", event.SerializeAsString());
  system.start_node("node-1", {"inventory"});
  REQUIRE(eventually(patience, [&] { return node.says("3 events that inventory could not"); }));
  CHECK(node.ready());
  CHECK(node.condition("events_parked").at("severity") == "remark");
  CHECK(node.is_counted("events_parked"));
  CHECK(eventually(
      patience, [&] { return node.metric("troupe_parked_events", "context=\"inventory\"") == 3; }));
  CHECK(node.metric("troupe_parked_events_oldest_timestamp_seconds", "context=\"inventory\""));
  CHECK(node.logged("(events_parked)") == 1);
  server.ask("STREAM.PURGE.DLQ_INVENTORY", json::object());
  CHECK(node.says_nothing());
  CHECK(node.logged("(events_parked)") == 2);
  CHECK(eventually(
      patience, [&] { return node.metric("troupe_parked_events", "context=\"inventory\"") == 0; }));
}

TEST_CASE("more parked events than the server names at a time keep no consumer from its work",
          "[e2e][conditions]") {
  System system;
  Seen node(system);
  system.start_node("node-1", {"ordering", "inventory"});
  Server server(system);
  system.node("node-1").signal(SIGTERM);
  REQUIRE(system.node("node-1").wait(20s) == 0);
  constexpr int parked = 101'000;
  const auto prefix = "dlq.inventory." + inventory_consumer + ".evt.ordering.order.o-";
  for (int i = 0; i < parked; ++i) {
    REQUIRE(server.connection().publish(prefix + std::to_string(i), {}, "x"));
    if (i % 10'000 == 0) REQUIRE(server.connection().flush(10s));
  }
  REQUIRE(server.connection().flush(10s));
  system.start_node("node-1", {"ordering", "inventory"});
  REQUIRE(place(system, "new").code == 0);
  CHECK(eventually(patience, [&] {
    const auto info = server.ask("CONSUMER.INFO.EVT_ORDERING." + inventory_consumer, nullptr);
    return info.at("num_pending") == 0 && info.at("num_ack_pending") == 0;
  }));
  CHECK(eventually(patience, [&] {
    return node.metric("troupe_parked_events", "context=\"inventory\"") == parked;
  }));
}

TEST_CASE("a gateway that hangs is told while a call is open, also by a node that starts anew",
          "[e2e][conditions]") {
  const std::vector<std::string> contexts{"ordering", "inventory", "payments", "notifications"};
  System system;
  Seen node(system);
  system.start_node("node-1", contexts);
  stock(system);
  system.gateway().signal(SIGSTOP);
  REQUIRE(place(system, "o-1").code == 0);
  const auto open = [&] {
    return node.metric("troupe_open_effects", "effect=\"gateway-authorize\"").value_or(0);
  };
  REQUIRE(eventually(patience, [&] { return open() == 1; }));
  // An attempt ends after 5 s, and the next one begins: it is the same open call all the time.
  bool always_open = true;
  REQUIRE(eventually(patience, [&] {
    always_open = always_open && open() == 1;
    return node.says("calls of gateway-authorize have no outcome");
  }));
  CHECK(always_open);
  CHECK(node.ready());
  CHECK(node.is_counted("effects_stuck"));
  const auto since = node.condition("effects_stuck").at("since");

  system.node("node-1").signal(SIGKILL);
  REQUIRE(system.node("node-1").wait(20s));
  system.start_node("node-1", contexts);
  REQUIRE(eventually(patience, [&] { return node.holds("effects_stuck"); }));
  CHECK(open() == 1);
  CHECK(node.condition("effects_stuck").at("since") == since);
  CHECK(
      node.metric("troupe_open_effects_oldest_timestamp_seconds", "effect=\"gateway-authorize\""));

  system.gateway().signal(SIGCONT);
  CHECK(eventually(patience, [&] { return open() == 0 && !node.holds("effects_stuck"); }));
  CHECK(node.logged("(effects_stuck)") == 3);  // it began for two nodes and ended for one
}

TEST_CASE("a paused consumer is told while something waits for it", "[e2e][conditions]") {
  System system;
  Seen node(system);
  system.start_node("node-1", {"ordering", "inventory"});
  Server server(system);
  REQUIRE(place(system, "before").code == 0);
  const auto verb = "CONSUMER.PAUSE.EVT_ORDERING." + inventory_consumer;
  server.ask(verb, {{"pause_until", "2090-01-01T00:00:00Z"}});
  REQUIRE(place(system, "during").code == 0);
  REQUIRE(eventually(patience, [&] { return node.says("paused until 2090-01-01T00:00:00Z"); }));
  CHECK(node.ready());
  CHECK(node.condition("consumer_stuck").at("context") == "inventory");
  CHECK(node.is_counted("consumer_stuck"));
  CHECK(eventually(patience, [&] {
    return node.metric("troupe_consumer_pending", "consumer=\"" + inventory_consumer + "\"") >= 1;
  }));
  server.ask(verb, json::object());
  CHECK(node.says_nothing());
  CHECK(node.logged("(consumer_stuck)") == 2);
}

TEST_CASE("a consumer that the server does not allow is told", "[e2e][conditions]") {
  System system(nullptr, {.folder = {}, .jetstream = "  limits { max_ack_pending: 40 }\n"});
  Seen node(system);
  system.start_node("node-1", {"ordering", "inventory"});
  REQUIRE(eventually(patience, [&] { return node.says("exceeds system limit of 40"); }));
  CHECK(node.ready());
  CHECK(node.condition("consumer_refused").at("severity") == "remark");
  CHECK(node.is_counted("consumer_refused"));
  CHECK(node.logged("Consumer " + inventory_consumer + " of EVT_ORDERING does not start") == 1);

  const auto refused = node.logged("(consumer_refused)");
  system.nats().kill_hard();
  replace_in(system.folder() / "nats.conf", "max_ack_pending: 40", "max_ack_pending: 4000");
  REQUIRE(system.nats().restart());
  CHECK(node.says_nothing());
  CHECK(node.logged("(consumer_refused)") == 2 * refused);
}

TEST_CASE("a log that has no room is told and commands are answered at once, until there is room",
          "[e2e][conditions]") {
  System system(nullptr, {.folder = {}, .jetstream = "  max_file_store: 4MB\n"});
  Seen node(system);
  system.start_node("node-1", {"ordering"});
  Server server(system);
  REQUIRE(place(system, "before").code == 0);
  server.ask("STREAM.CREATE.FILLER", {{"name", "FILLER"}, {"subjects", {"filler"}}});
  const auto full = [&] {
    return !nats::read_api_reply("filling", server.connection().request_and_wait(
                                                "filler", {}, std::string(100'000, 'x'), 5s));
  };
  REQUIRE(eventually(patience, full));
  const auto refused = server.connection().request_and_wait(
      "cmd.ordering.order.refused.PlaceOrder", {}, order, 5s);  // it has 30 s to be answered
  CHECK(refused.message.header("Nats-Service-Error-Code") == "503");
  CHECK_THAT(std::string(refused.message.header("Nats-Service-Error").value_or("")),
             ContainsSubstring("the log refuses its events"));
  CHECK(eventually(patience, [&] { return node.says("The log of ordering takes no appends"); }));
  CHECK(node.ready());
  CHECK(node.condition("log_refuses_appends").at("severity") == "remark");
  CHECK(node.is_counted("log_refuses_appends"));
  server.ask("STREAM.DELETE.FILLER", nullptr);
  CHECK(eventually(patience, [&] { return place(system, "after").code == 0; }));
  CHECK(eventually(patience, [&] { return !node.holds("log_refuses_appends"); }));
  CHECK(node.logged("(log_refuses_appends)") == 2);
}

TEST_CASE("views whose store does not answer are told", "[e2e][conditions]") {
  System system;
  Seen node(system);
  system.start_node("node-1", {"ordering"});
  REQUIRE(node.says_nothing());
  system.redis().process().signal(SIGSTOP);
  REQUIRE(eventually(patience, [&] { return node.holds("view_waits"); }));
  CHECK(node.ready());
  CHECK(node.condition("view_waits").at("severity") == "remark");
  CHECK(node.is_counted("view_waits"));
  system.redis().process().signal(SIGCONT);
  CHECK(node.says_nothing());
  CHECK(node.logged("(view_waits)") % 2 == 0);
}

namespace {

/// The node's user may do all but this.
troupe::tool::PrivateNatsOptions users(const std::string& denied) {
  return {.folder = {},
          .more = "authorization { users: [\n  { user: node, password: secret, permissions: { "
                  + denied + " } }\n] }\n"};
}

void login_as_node(System& system) {
  const auto file = system.folder() / "password";
  std::ofstream(file) << "secret";
  chmod(file.c_str(), 0600);
  system.node_settings = {{"nats", {{"user", "node"}, {"password_file", file.string()}}}};
}

}  // namespace

TEST_CASE("a node that may not publish where it will have to is not ready, and says where",
          "[e2e][conditions][rights]") {
  const std::string subject = GENERATE(
      as<std::string>{}, "evt.ordering.>", "tmr.ordering.>", "dlq.ordering.>", "slot.ordering.>",
      "$JS.API.STREAM.PURGE.TMR_ORDERING", "$JS.API.STREAM.MSG.DELETE.DLQ_ORDERING",
      "$JS.API.CONSUMER.RESET.EVT_PAYMENTS.ordering-from-payments");
  INFO(subject);
  const auto denied = "publish: { deny: \"" + subject + "\" }";
  System system(nullptr, users(denied));
  login_as_node(system);
  Seen node(system);
  system.start_unready_node("node-1", {"ordering"});
  const auto begin = "to publish to " + subject.substr(0, subject.find(".>"));
  REQUIRE(eventually(patience, [&] { return node.says(begin); }));
  CHECK_FALSE(node.ready());
  CHECK(node.condition("waits_for_servers").at("severity") == "unready");
  CHECK(node.is_counted("waits_for_servers"));
  CHECK(node.logged(begin) == 1);

  replace_in(system.folder() / "nats.conf", denied, "publish: \">\"");
  system.nats().process().signal(SIGHUP);
  CHECK(eventually(patience, [&] { return node.ready(); }));
  CHECK(eventually(patience, [&] { return node.logged(begin) == 2; }));
}

TEST_CASE("a node that may not hear commands is not ready, and says so",
          "[e2e][conditions][rights]") {
  const std::string subject =
      GENERATE(as<std::string>{}, "cmd.ordering.>", "qry.ordering.>", "slot.ordering.>");
  INFO(subject);
  System system(nullptr, users("publish: \">\", subscribe: { deny: \"" + subject + "\" }"));
  login_as_node(system);
  Seen node(system);
  system.start_unready_node("node-1", {"ordering"});
  REQUIRE(eventually(patience, [&] { return node.holds("right_missing"); }));
  CHECK_FALSE(node.ready());
  CHECK_THAT(node.get("/readyz"), ContainsSubstring(subject.substr(0, subject.find(".>"))));
  CHECK(node.is_counted("right_missing"));
  CHECK(node.logged("(right_missing)") == 1);
}

// A system with TLS and logins, as a node and people use it: what was asked for is given, what goes
// wrong is said, and no secret is ever shown.
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <sys/stat.h>
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "runtime/redis/client.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/servers/node_toml.hpp"
#include "tools/servers/private_nats.hpp"
#include "tools/servers/private_redis.hpp"
#include "tools/servers/temp_folder.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::curl::http_get;
using troupe::test::Authority;
using troupe::test::eventually;
using troupe::test::read_file;
using troupe::test::run_shop;
using troupe::tool::ChildProcess;
using troupe::tool::NodeSettings;

constexpr auto patience = 20s;
const std::string secret = "hunter2";
const std::string order =
    R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":2,"unitPriceMinor":"799"}]})";

template <class T>
T started(troupe::Result<T> result) {
  if (!result) FAIL(result.error().what);
  return std::move(*result);
}

/// Servers that ask who one is, and a node that says it; by what a test adds to their settings.
class SecureSystem {
public:
  SecureSystem() : redis_(started(troupe::tool::PrivateRedis::start({.folder = folder_.path()}))) {}

  /// REQUIRES: once, before anything else.
  void start_nats(const std::string& more) {
    nats_ = started(troupe::tool::PrivateNats::start({.folder = folder_.path(), .more = more}));
  }
  troupe::tool::PrivateNats& nats() { return *nats_; }
  troupe::tool::PrivateRedis& redis() { return *redis_; }
  troupe::redis::Client admin(const troupe::redis::RedisLogin& login = {}) const {
    return {*troupe::redis::parse_redis_url(redis_->url(), login), 1};
  }

  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  std::string file(const std::string& name, const std::string& text, mode_t mode = 0600) const {
    const auto fresh = path(name + ".new");
    std::ofstream(fresh) << text;
    chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, path(name));
    return path(name);
  }

  // Settings of a node.
  using Settings = NodeSettings::mapped_type;
  Settings at_nats() const { return {{"url", nats_->url()}}; }
  Settings at_redis() const { return {{"url", redis_->url()}}; }
  Settings as_shop(const std::string& password_file) const {
    return {{"url", nats_->url()}, {"user", "shop"}, {"password_file", password_file}};
  }

  /// Starts it, without waiting for it.
  void start_node(NodeSettings settings, mode_t mode = 0644) {
    health_port_ = troupe::tool::free_port();
    settings["node"] = {{"name", "node-1"},
                        {"contexts", {"ordering"}},
                        {"health", "127.0.0.1:" + std::to_string(health_port_)}};
    const auto config = file("node.toml", troupe::tool::node_toml(settings), mode);
    node_.emplace(started(
        ChildProcess::start({.argv = {troupe::test::shop_binary(), "node", "--config", config},
                             .log = folder_.path() / "node.log"})));
  }
  ChildProcess& node() { return *node_; }
  std::string log() const { return read_file(folder_.path() / "node.log"); }
  std::string get(const std::string& what) const {
    const auto answer =
        http_get("http://127.0.0.1:" + std::to_string(health_port_) + "/" + what, 2s);
    return answer ? std::to_string(answer->status) + " " + answer->body : "";
  }
  bool ready() {
    return eventually(
               patience,
               [&] { return node_->wait(0ms).has_value() || get("readyz").starts_with("200"); })
           && !node_->wait(0ms);
  }
  /// The node, alive, says this of why it is not ready.
  bool waits_for(const std::string& what) {
    return eventually(patience,
                      [&] {
                        return node_->wait(0ms).has_value()
                               || get("readyz").find(what) != std::string::npos;
                      })
           && !node_->wait(0ms);
  }
  bool shows_secret() const {
    return (log() + get("readyz") + get("livez") + get("info") + get("metrics")).find(secret)
           != std::string::npos;
  }

private:
  troupe::tool::TempFolder folder_{"troupe-secure"};
  std::unique_ptr<troupe::tool::PrivateNats> nats_;
  std::unique_ptr<troupe::tool::PrivateRedis> redis_;
  std::optional<ChildProcess> node_;
  std::uint16_t health_port_ = 0;

public:
  Authority authority{folder_.path(), "authority"};
};

const std::string users = "authorization { users = [ {user: shop, password: hunter2} ] }\n";

TEST_CASE("a node and all commands work with TLS, certificates and logins, and show no secret",
          "[e2e][secure]") {
  SecureSystem system;
  const auto server = system.authority.server("IP:127.0.0.1");
  const auto own = system.authority.client("node-1");
  const auto ca = system.authority.certificate();
  system.start_nats("tls { cert_file: \"" + server.certificate + "\", key_file: \"" + server.key
                    + "\", ca_file: \"" + ca + "\", verify: true }\n" + users);
  auto admin = system.admin();
  REQUIRE(admin.call({"ACL", "SETUSER", "shop", "on", ">hunter2", "~*", "+@all"}));
  REQUIRE(admin.call({"ACL", "SETUSER", "default", "off"}));
  const auto password = system.file("password", secret + "\n");
  const auto tls_url = "tls" + system.nats().url().substr(4);

  system.start_node(
      {{"nats", {{"url", tls_url}, {"user", "shop"}, {"password_file", password}}},
       {"nats.tls", {{"ca", ca}, {"cert", own.certificate}, {"key", own.key}}},
       {"redis", {{"url", system.redis().url()}, {"user", "shop"}, {"password_file", password}}}});
  REQUIRE(system.ready());

  const std::vector<std::string> nats{
      "--nats",     tls_url, "--nats-ca",   ca,     "--nats-cert",          own.certificate,
      "--nats-key", own.key, "--nats-user", "shop", "--nats-password-file", password};
  const auto run = [&](std::vector<std::string> arguments, bool with_redis = false) {
    arguments.insert(arguments.end(), nats.begin(), nats.end());
    if (with_redis)
      arguments.insert(arguments.end(), {"--redis", system.redis().url(), "--redis-user", "shop",
                                         "--redis-password-file", password});
    const auto ran = run_shop(arguments);
    INFO(arguments[0] << ": " << ran.err << ran.out);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.out + ran.err, !ContainsSubstring(secret));
  };
  run({"send", "ordering.order.o-1.PlaceOrder", order});
  run({"query", "ordering.GetOrder", R"({"orderId":"o-1"})", "--min-sequence", "EVT_ORDERING:1"});
  run({"state", "ordering.order.o-1"});
  run({"check", "--contexts", "ordering", "--settle", "0"}, true);
  run({"accept-log", "--context", "ordering"}, true);

  // The same by the environment.
  auto by_environment = ChildProcess::start(
      {.argv = {"env", "NATS_URL=" + tls_url, "NATS_CA=" + ca, "NATS_CERT=" + own.certificate,
                "NATS_KEY=" + own.key, "NATS_USER=shop", "NATS_PASSWORD_FILE=" + password,
                troupe::test::shop_binary(), "state", "ordering.order.o-1"},
       .log = system.path("env.log")});
  REQUIRE(by_environment);
  INFO(read_file(system.path("env.log")));
  CHECK(by_environment->wait(patience) == 0);
  CHECK_FALSE(system.shows_secret());
}

TEST_CASE("a login that NATS refuses is said, and is waited for until it is right",
          "[e2e][secure]") {
  SecureSystem system;
  system.start_nats(users);
  system.file("password", secret + "-no");
  system.start_node(
      {{"nats", system.as_shop(system.path("password"))}, {"redis", system.at_redis()}});
  CHECK(system.waits_for("refuses the user 'shop'"));
  CHECK_THAT(system.get("readyz"), ContainsSubstring("Authorization Violation"));
  CHECK_FALSE(system.shows_secret());
  system.file("password", secret);
  CHECK(system.ready());
}

TEST_CASE("a login that Redis refuses is said, and is waited for until it is right",
          "[e2e][secure]") {
  SecureSystem system;
  system.start_nats("");
  REQUIRE(system.admin().call({"CONFIG", "SET", "requirepass", secret}));
  SECTION("a wrong one") {
    system.file("password", secret + "-no");
    auto redis = system.at_redis();
    redis["password_file"] = system.path("password");
    system.start_node({{"nats", system.at_nats()}, {"redis", redis}});
    CHECK(system.waits_for("refuses the password: WRONGPASS"));
    CHECK_FALSE(system.shows_secret());
    system.file("password", secret);
    CHECK(system.ready());
  }
  SECTION("none") {
    system.start_node({{"nats", system.at_nats()}, {"redis", system.at_redis()}});
    CHECK(system.waits_for("NOAUTH"));
  }
}

TEST_CASE("a node that NATS refuses while it runs ends with a sentence, to be started anew",
          "[e2e][secure]") {
  SecureSystem system;
  system.start_nats(users);
  const auto password = system.file("password", secret);
  system.start_node({{"nats", system.as_shop(password)}, {"redis", system.at_redis()}});
  REQUIRE(system.ready());
  auto config = read_file(system.path("nats.conf"));
  config.replace(config.find(secret), secret.size(), "another");
  system.file("nats.conf", config);
  system.nats().process().signal(SIGHUP);
  CHECK(system.node().wait(patience) == 3);
  CHECK_THAT(system.log(), ContainsSubstring("the user 'shop'")
                               && ContainsSubstring("This process ends, to be started anew"));
  CHECK_THAT(system.log(), !ContainsSubstring(secret));
}

TEST_CASE("secrets that others may read keep a node from starting", "[e2e][secure]") {
  SecureSystem system;
  system.start_nats(users);
  const auto address = system.nats().url().substr(7);
  std::string file;
  SECTION("a password file") {
    file = system.file("password", secret, 0644);
    system.start_node({{"nats", system.as_shop(file)}, {"redis", system.at_redis()}});
  }
  SECTION("a configuration with a login in an address") {
    file = "node.toml";
    system.start_node(
        {{"nats", {{"url", "nats://shop:hunter2@" + address}}}, {"redis", system.at_redis()}});
  }
  CHECK(system.node().wait(patience) == 2);
  CHECK_THAT(system.log(), ContainsSubstring(file) && ContainsSubstring("chmod 600")
                               && !ContainsSubstring(secret));
}

TEST_CASE("a login in an address is used and not shown, by nodes and by commands",
          "[e2e][secure]") {
  SecureSystem system;
  system.start_nats(users);
  REQUIRE(system.admin().call({"CONFIG", "SET", "requirepass", secret}));
  const auto nats = "nats://shop:hunter2@" + system.nats().url().substr(7);
  const auto redis = "redis://:hunter2@" + system.redis().url().substr(8);
  system.start_node({{"nats", {{"url", nats}}}, {"redis", {{"url", redis}}}}, 0600);
  REQUIRE(system.ready());
  const auto nobody =
      run_shop({"send", "payments.payment.p-1.X", "{}", "--nats", nats, "--deadline", "0.1"});
  CHECK(nobody.code != 0);
  CHECK_THAT(nobody.out + nobody.err, !ContainsSubstring(secret));
  const auto wrong = run_shop({"state", "ordering.order.o-1", "--nats",
                               "nats://shop:hunter2no@" + system.nats().url().substr(7)});
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, ContainsSubstring("refuses the user 'shop'") && !ContainsSubstring(secret));
  system.nats().kill_hard();
  CHECK(system.waits_for("***@"));
  CHECK_FALSE(system.shows_secret());
}

TEST_CASE("Redis with no room for a client is waited for", "[e2e][secure]") {
  SecureSystem system;
  system.start_nats("");
  auto admin = system.admin();
  REQUIRE(admin.call({"CONFIG", "SET", "maxclients", "1"}));
  system.start_node({{"nats", system.at_nats()}, {"redis", system.at_redis()}});
  CHECK(system.waits_for("max number of clients"));
  REQUIRE(admin.call({"CONFIG", "SET", "maxclients", "1000"}));
  CHECK(system.ready());
}

TEST_CASE("more slots than the server allows subscriptions are named, and waited for",
          "[e2e][secure]") {
  SecureSystem system;
  system.start_nats("max_subscriptions: 100\n");
  system.start_node(
      {{"nats", system.at_nats()}, {"redis", system.at_redis()}, {"cluster", {{"slots", 200}}}});
  CHECK(system.waits_for("max_subscriptions"));
  CHECK_THAT(system.get("readyz"), ContainsSubstring("200"));
  auto config = read_file(system.path("nats.conf"));
  config.replace(config.find("max_subscriptions: 100"), 22, "max_subscriptions: 400");
  system.file("nats.conf", config);
  system.nats().process().stop();  // a reload does not take this setting
  REQUIRE(system.nats().restart());
  CHECK(system.ready());
}

TEST_CASE("a server that hangs while it connects ends a command instead of holding it for ever",
          "[e2e][secure]") {
  // The command waits for 30 s: nats.c 3.4.1 itself would for ever.
  SecureSystem system;
  system.start_nats("");
  system.nats().process().freeze();
  const auto ran =
      run_shop({"state", "ordering.order.o-1", "--nats", system.nats().url()}, {}, 60s);
  CHECK(ran.code == 2);
  CHECK_THAT(ran.err, ContainsSubstring(system.nats().url()));
  system.nats().process().signal(SIGCONT);
}

}  // namespace

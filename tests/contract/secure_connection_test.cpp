// TLS and logins of a connection, against real servers: what was asked for is given, or nothing is.
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <future>
#include <semaphore>
#include <string>
#include <thread>

#include <sys/stat.h>
#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "runtime/curl/http.hpp"
#include "runtime/nats/client/connection.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/relay.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/nats_keys.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nats::Received;
using nats::Security;
using Status = nats::Reply::Status;

namespace {

/// A server that asks for something, with its files.
class SecureServer {
public:
  /// The lines of its configuration, made with what the folder holds.
  explicit SecureServer(const std::string& more) {
    server_ = or_throw(tool::PrivateNats::start({.folder = folder_.path(), .more = more}));
  }
  explicit SecureServer(std::string (SecureServer::*more)()) : SecureServer(Made{}, more) {}

  tool::PrivateNats* operator->() { return server_.get(); }

  Result<std::unique_ptr<nats::Connection>> connect(const Security& security,
                                                    const std::string& scheme = "nats") {
    const auto url = scheme + server_->url().substr(std::string("nats").size());
    return nats::Connection::open({.url = url, .name = "secure", .security = security});
  }

  std::string secret(const std::string& name, const std::string& text) const {
    const auto path = (folder_.path() / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
    return path;
  }

  /// What the server itself says of the only connection with that name.
  nlohmann::json seen() {
    const auto answer =
        curl::http_get(server_->monitoring_url() + "/connz?auth=true&state=open", 2s);
    const auto connz = nlohmann::json::parse(or_throw(answer).body);
    for (const auto& one : connz.at("connections"))
      if (one.value("name", "") == "secure") return one;
    return {};
  }

  std::string tls() { return tls_block(authority.server("IP:127.0.0.1"), ""); }
  std::string tls_for_another_host() { return tls_block(authority.server("DNS:elsewhere"), ""); }
  std::string mutual_tls() {
    return tls_block(authority.server("IP:127.0.0.1"),
                     ", ca_file: \"" + authority.certificate() + "\", verify: true");
  }

  std::string mutual_tls_and_users() {
    return mutual_tls() + "authorization { users = [ {user: shop, password: hunter2} ] }\n";
  }

private:
  struct Made {};
  SecureServer(Made, std::string (SecureServer::*more)()) {
    server_ =
        or_throw(tool::PrivateNats::start({.folder = folder_.path(), .more = (this->*more)()}));
  }
  static std::string tls_block(const Authority::Pair& pair, const std::string& more) {
    return "tls { cert_file: \"" + pair.certificate + "\", key_file: \"" + pair.key + "\"" + more
           + " }\n";
  }

  tool::TempFolder folder_{"troupe-secure-nats"};

public:
  Authority authority{folder_.path(), "authority"};
  Authority stranger{folder_.path(), "stranger"};

private:
  std::unique_ptr<tool::PrivateNats> server_;
};

std::string refused(const Result<std::unique_ptr<nats::Connection>>& connection) {
  REQUIRE_FALSE(connection);
  CHECK_THAT(connection.error().what, !ContainsSubstring("hunter2"));
  return connection.error().what;
}

}  // namespace

// ---- TLS ----------------------------------------------------------------------------------------

TEST_CASE("secure connection: TLS that was asked for is really on", "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const auto scheme = GENERATE("nats", "tls");
  const auto connection = server.connect({.tls_ca = server.authority.certificate()}, scheme);
  REQUIRE(connection);
  CHECK((*connection)->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
  CHECK(server.seen().value("tls_version", "") == "1.3");
}

TEST_CASE("secure connection: a server in clear is refused when TLS was asked for",
          "[contract][secure]") {
  SecureServer server("");
  CHECK_THAT(refused(server.connect({}, "tls")), ContainsSubstring("TLS"));
  CHECK_THAT(refused(server.connect({.tls_required = true})), ContainsSubstring("TLS"));
  CHECK_THAT(refused(server.connect({.tls_ca = server.authority.certificate()})),
             ContainsSubstring("TLS"));
}

TEST_CASE("secure connection: a server that cannot prove who it is gets nothing",
          "[contract][secure]") {
  SECTION("signed by somebody else") {
    SecureServer server(&SecureServer::tls);
    CHECK_THAT(refused(server.connect({.tls_ca = server.stranger.certificate()})),
               ContainsSubstring("certificate"));
    CHECK_THAT(refused(server.connect({}, "tls")), ContainsSubstring("certificate"));
  }
  SECTION("of another host") {
    SecureServer server(&SecureServer::tls_for_another_host);
    CHECK_THAT(refused(server.connect({.tls_ca = server.authority.certificate()})),
               ContainsSubstring("TLS"));
  }
}

TEST_CASE("secure connection: files that cannot be used are named", "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  CHECK_THAT(refused(server.connect({.tls_ca = "/no/such/ca.pem"})),
             ContainsSubstring("/no/such/ca.pem"));
  const auto key = server.secret("not-a.key", "hunter2");
  CHECK_THAT(refused(server.connect({.tls_cert = server.authority.certificate(), .tls_key = key})),
             ContainsSubstring(key));
}

TEST_CASE("secure connection: a server that asks for a certificate gets it, or is told of",
          "[contract][secure]") {
  SecureServer server(&SecureServer::mutual_tls);
  const auto ca = server.authority.certificate();
  const auto own = server.authority.client("node-1");
  const auto connection =
      server.connect({.tls_ca = ca, .tls_cert = own.certificate, .tls_key = own.key});
  REQUIRE(connection);
  CHECK((*connection)->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
  CHECK_THAT(refused(server.connect({.tls_ca = ca})), ContainsSubstring("nats.tls.cert"));
}

TEST_CASE("secure connection: over TLS all that is sent arrives as it was", "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const Security security{.tls_ca = server.authority.certificate()};
  const auto serving = or_throw(server.connect(security));
  const auto asking = or_throw(server.connect(security));
  const auto echo = or_throw(serving->subscribe("echo", {}, [&](const Received& message) {
    (void)serving->publish(message.reply(), {}, message.body());
  }));
  std::atomic<int> lost = 0;
  std::atomic<int> altered = 0;
  std::atomic<int> ended = 0;
  constexpr int count = 2'000;
  for (int i = 0; i < count; ++i) {
    // More than a record and a socket's buffer now and then.
    const std::string body(i % 20 == 0 ? 200'000 : i, static_cast<char>('a' + i % 26));
    asking->request("echo", {}, body, 20s, [&, body](const nats::Reply& reply) {
      if (reply.status != Status::answered)
        ++lost;
      else if (reply.message.body() != body)
        ++altered;
      ++ended;
    });
  }
  CHECK(eventually(30s, [&] { return ended == count; }));
  CHECK(lost == 0);
  CHECK(altered == 0);
}

TEST_CASE("secure connection: what a server that ends under load has not answered is not made up",
          "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const Security security{.tls_ca = server.authority.certificate()};
  const auto serving = or_throw(server.connect(security));
  const auto asking = or_throw(server.connect(security));
  std::atomic<int> altered = 0;
  const auto echo = or_throw(serving->subscribe("echo", {}, [&](const Received& message) {
    if (message.body() != std::string(message.body().size(), 'x')) ++altered;
    (void)serving->publish(message.reply(), {}, message.body());
  }));
  std::counting_semaphore under_way(200);
  std::atomic<int> answered = 0;
  std::atomic<int> ended = 0;
  int asked = 0;
  std::atomic<bool> stop = false;
  std::thread client([&] {
    for (; !stop; ++asked) {
      while (!stop && !asking->connected()) std::this_thread::yield();
      under_way.acquire();
      const std::size_t size = asked % 50'000;
      asking->request("echo", {}, std::string(size, 'x'), 10s, [&, size](const nats::Reply& reply) {
        if (reply.status == Status::answered) {
          if (reply.message.body() != std::string(size, 'x')) ++altered;
          ++answered;
        }
        ++ended;
        under_way.release();
      });
    }
  });
  const auto is_served = [&] {
    return eventually(20s, [&, before = answered.load()] { return answered > before + 1'000; });
  };
  for (int round = 0; round < 5; ++round) {
    CHECK(is_served());
    server->kill_hard();
    or_throw(server->restart());
  }
  CHECK(is_served());
  stop = true;
  client.join();
  CHECK(eventually(20s, [&] { return ended == asked; }));
  CHECK(altered == 0);
  CHECK(server.seen().value("tls_version", "") == "1.3");
}

TEST_CASE("secure connection: it comes back over TLS after its server was away",
          "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const auto connection = or_throw(server.connect({.tls_ca = server.authority.certificate()}));
  std::promise<void> back;
  const auto watch = connection->watch([&](bool connected) {
    if (connected) back.set_value();
  });
  server->kill_hard();
  or_throw(server->restart());
  back.get_future().get();
  CHECK(connection->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
  CHECK(server.seen().value("tls_version", "") == "1.3");
}

TEST_CASE(
    "secure connection: a server that stands still is lost over TLS, too, and holds up no one",
    "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const auto connection = or_throw(server.connect({.tls_ca = server.authority.certificate()}));
  const auto silent = or_throw(connection->subscribe("silent", {}, [](const Received&) {}));
  server->process().freeze();
  const std::string body(1'000'000, 'x');
  std::promise<Status> ended;
  connection->request("silent", {}, "", 60s,
                      [&](const nats::Reply& reply) { ended.set_value(reply.status); });
  // More than the kernel takes for a peer that does not read.
  auto longest = 0ms;
  for (int i = 0; i < 40; ++i) {
    const auto began = std::chrono::steady_clock::now();
    (void)connection->publish("silent", {}, body);
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - began));
  }
  CHECK(longest < 2s);  // pings notice after 3 s
  auto lost = ended.get_future();
  REQUIRE(lost.wait_for(20s) == std::future_status::ready);
  CHECK(lost.get() == Status::disconnected);
  server->process().signal(SIGCONT);
}

TEST_CASE("secure connection: half a record holds up nothing that is sent", "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const Security security{.tls_ca = server.authority.certificate()};
  const auto other = or_throw(server.connect(security));
  Relay relay(server->url());
  const auto connection = or_throw(
      nats::Connection::open({.url = relay.url("tls"), .name = "relayed", .security = security}));
  std::promise<void> whole;
  const auto large =
      or_throw(connection->subscribe("large", {}, [&](const Received&) { whole.set_value(); }));
  std::promise<void> sent;
  const auto small =
      or_throw(other->subscribe("small", {}, [&](const Received&) { sent.set_value(); }));

  relay.keep_back_behind(8'000);
  REQUIRE(other->publish("large", {}, std::string(10'000, 'x')));
  relay.wait_until_kept();
  REQUIRE(connection->publish("small", {}, ""));
  // Lost, and sent again, it would be after 3 s of unanswered pings.
  CHECK(sent.get_future().wait_for(2s) == std::future_status::ready);
  relay.let_go();
  CHECK(whole.get_future().wait_for(10s) == std::future_status::ready);
}

TEST_CASE("secure connection: it ends in the middle of traffic", "[contract][secure]") {
  SecureServer server(&SecureServer::tls);
  const Security security{.tls_ca = server.authority.certificate()};
  const auto sending = or_throw(server.connect(security));
  std::atomic<bool> stop = false;
  std::thread sender([&] {
    const std::string body(4'000, 'x');
    while (!stop) (void)sending->publish("flood", {}, body);
  });
  for (int round = 0; round < 30; ++round) {
    const auto connection = or_throw(server.connect(security));
    std::promise<void> first;
    std::atomic<int> count = 0;
    const auto subscribed = or_throw(connection->subscribe("flood", {}, [&](const Received&) {
      if (++count == 1) first.set_value();
    }));
    first.get_future().get();
  }
  stop = true;
  sender.join();
}

// ---- logins -------------------------------------------------------------------------------------

TEST_CASE("secure connection: a user logs in with a password from a file", "[contract][secure]") {
  // What JSON would take for something else arrives as it is.
  SecureServer server(
      "authorization { users = [ {user: \"shop \\\"1\\\"\", password: \"hunter2\\\"\\\\{}\"} ] "
      "}\n");
  const auto connection = server.connect(
      {.user = "shop \"1\"", .password_file = server.secret("p", "hunter2\"\\{}\n")});
  REQUIRE(connection);
  CHECK(server.seen().value("authorized_user", "") == "shop \"1\"");

  const auto wrong =
      refused(server.connect({.user = "shop", .password_file = server.secret("w", "hunter2")}));
  CHECK_THAT(wrong, ContainsSubstring("refuses the user 'shop'")
                        && ContainsSubstring("Authorization Violation"));
  CHECK_THAT(refused(server.connect({})), ContainsSubstring("refuses a client without a login"));
}

TEST_CASE("secure connection: a login in the address works, and is not repeated",
          "[contract][secure]") {
  SecureServer server("authorization { users = [ {user: shop, password: \"hunter2@:/\"} ] }\n");
  const auto address = server->url().substr(std::string("nats://").size());
  CHECK(
      nats::Connection::open({.url = "nats://shop:hunter2%40%3a%2F@" + address, .name = "secure"}));
  const auto wrong =
      refused(nats::Connection::open({.url = "nats://shop:hunter2x@" + address, .name = "secure"}));
  CHECK_THAT(wrong, ContainsSubstring("'shop'") && ContainsSubstring("***@" + address));
}

TEST_CASE("secure connection: a token is a login, too", "[contract][secure]") {
  SecureServer server("authorization { token: \"hunter2\" }\n");
  const auto address = server->url().substr(std::string("nats://").size());
  CHECK(nats::Connection::open({.url = "nats://hunter2@" + address, .name = "secure"}));
  CHECK_THAT(refused(nats::Connection::open({.url = "nats://hunter21@" + address, .name = "x"})),
             ContainsSubstring("refuses the token"));
}

TEST_CASE("secure connection: a user signs with the seed in a file", "[contract][secure]") {
  const NatsKey key(NatsKey::Kind::user);
  SecureServer server("authorization { users = [ {nkey: " + key.public_key() + "} ] }\n");
  const auto seed = server.secret("user.nk", key.seed() + "\n");
  // One signature in 256 is lost by nats.c before 3.8.
  for (int i = 0; i < 600; ++i) REQUIRE(server.connect({.nkey_seed = seed}));
  const auto other = server.secret("other.nk", NatsKey(NatsKey::Kind::user).seed());
  CHECK_THAT(refused(server.connect({.nkey_seed = other})),
             ContainsSubstring("refuses the key in " + other));
}

TEST_CASE("secure connection: a user shows credentials", "[contract][secure]") {
  const auto trusted = make_operator();
  SecureServer server(trusted.server_config);
  const auto connection = server.connect({.creds = server.secret("a.creds", trusted.credentials)});
  REQUIRE(connection);
  CHECK(server.seen().value("authorized_user", "") == trusted.user);
  const auto other = server.secret("b.creds", make_operator().credentials);
  CHECK_THAT(refused(server.connect({.creds = other})),
             ContainsSubstring("refuses the credentials in " + other));
}

TEST_CASE("secure connection: a login that nobody checks is no login", "[contract][secure]") {
  SecureServer server("");
  const auto password = server.secret("p", "hunter2");
  const auto seed = server.secret("s", NatsKey(NatsKey::Kind::user).seed());
  CHECK_THAT(refused(server.connect({.user = "shop", .password_file = password})),
             ContainsSubstring("lets anybody in") && ContainsSubstring("'shop'"));
  CHECK_THAT(refused(server.connect({.nkey_seed = seed})), ContainsSubstring("lets anybody in"));
}

TEST_CASE("secure connection: a login over TLS, with a certificate", "[contract][secure]") {
  SecureServer server(&SecureServer::mutual_tls_and_users);
  const auto own = server.authority.client("node-1");
  REQUIRE(server.connect({.tls_ca = server.authority.certificate(),
                          .tls_cert = own.certificate,
                          .tls_key = own.key,
                          .user = "shop",
                          .password_file = server.secret("p", "hunter2")}));
}

// The health port against clients that are silent, slow, greedy, or many.
#include "runtime/host/health_server.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <catch2/catch_all.hpp>

#include "runtime/curl/http.hpp"
#include "tools/figures/cpu_time.hpp"
#include "tools/servers/loopback.hpp"
#include "tools/shop/sim/webhook_sink.hpp"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using troupe::host::HealthServer;
using troupe::host::HealthSources;
namespace tool = troupe::tool;

HealthSources sources() {
  return {.readiness =
              [] {
                return troupe::host::Readiness{true, "ready; a remark\n"};
              },
          .info = [] { return std::string("{}"); },
          .metrics = [] { return std::string("troupe_ready 1\n"); }};
}

/// A client's side of a connection, by hand.
class Client {
public:
  explicit Client(std::uint16_t port) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Client& operator=(Client&&) = delete;
  ~Client() {
    if (socket_ >= 0) close(socket_);
  }

  /// False when the server has hung up.
  bool send(std::string_view text) const {
    while (!text.empty()) {
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// What comes until the server hangs up or says no more.
  std::string receive_all() const {
    std::string all;
    std::array<char, 4'096> some{};
    for (;;) {
      const auto got = recv(socket_, some.data(), some.size(), 0);
      if (got <= 0) return all;
      all.append(some.data(), static_cast<std::size_t>(got));
    }
  }

private:
  int socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

struct Served {
  std::uint16_t port = tool::free_port();
  std::string address = "127.0.0.1:" + std::to_string(port);
  std::unique_ptr<HealthServer> server = *HealthServer::start(address, sources());

  std::string ask(const std::string& request) const {
    const Client client(port);
    REQUIRE(client.send(request));
    return client.receive_all();
  }
  void require_alive_within(std::chrono::milliseconds patience) const {
    const auto answer = troupe::curl::http_get("http://" + address + "/livez", patience);
    if (!answer) FAIL(answer.error().what);
    CHECK(answer->status == 200);
  }
};

/// Sends up to `bytes` more after `head`; how much memory this process, which serves, took for it.
std::size_t memory_taken_by(const Served& served, const std::string& head, const std::string& piece,
                            std::size_t bytes) {
  const auto before = tool::resident_bytes(getpid());
  {
    const Client client(served.port);
    bool taken = client.send(head);
    for (std::size_t sent = 0; taken && sent < bytes; sent += piece.size())
      taken = client.send(piece);
    const auto after = tool::resident_bytes(getpid());
    return after > before ? after - before : 0;
  }
}

/// What the environment says, for one scope.
class WithVariable {
public:
  WithVariable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  WithVariable(const WithVariable&) = delete;
  WithVariable& operator=(const WithVariable&) = delete;
  ~WithVariable() { unsetenv(name_); }

private:
  const char* name_;
};

}  // namespace

TEST_CASE("health: clients that say nothing, or half of something, hold up nobody",
          "[contract][health]") {
  const Served served;
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) {
    clients.emplace_back(served.port);
    if (i % 3 == 1) REQUIRE(clients.back().send("GET /livez HTTP/1.1\r\nHost: troupe\r\n"));
    if (i % 3 == 2) REQUIRE(clients.back().send("GET /livez HTTP/1.1\r\nHost: troupe\r\n\r\n"));
  }
  served.require_alive_within(1s);
}

TEST_CASE("health: whatever a client sends takes little memory", "[contract][health]") {
  constexpr std::size_t much = 64 * 1'024 * 1'024;
  constexpr std::size_t little = 8 * 1'024 * 1'024;
  const Served served;
  served.require_alive_within(1s);
  const std::string piece(64 * 1'024, 'x');
  const std::string post = "POST /livez HTTP/1.1\r\nHost: troupe\r\n";
  const auto [what, head, more] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"a body", post + "Content-Length: 500000000\r\n\r\n", piece},
      {"a body of a GET", "GET /livez HTTP/1.1\r\nContent-Length: 500000000\r\n\r\n", piece},
      {"a body without a length", post + "\r\n", piece},
      {"a body in chunks", post + "Transfer-Encoding: chunked\r\n\r\n",
       "10000\r\n" + piece + "\r\n"},
      {"a request line", "GET /", piece},
      {"a header", "GET /livez HTTP/1.1\r\nX: ", piece},
      {"headers", "GET /livez HTTP/1.1\r\n", "A: b\r\nC: d\r\n"},
  }));
  INFO(what);
  CHECK(memory_taken_by(served, head, more, much) < little);
  served.require_alive_within(1s);
}

TEST_CASE("health: it can be asked, and nothing else", "[contract][health]") {
  const Served served;
  const auto with = [](const std::string& method, const std::string& path) {
    return method + " " + path + " HTTP/1.1\r\nHost: troupe\r\nConnection: close\r\n\r\n";
  };
  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "X"})
    CHECK_THAT(served.ask(with(method, "/livez")), ContainsSubstring(" 405 "));
  CHECK_THAT(served.ask(with("GET", "/nothing")), ContainsSubstring(" 404 "));
  CHECK_THAT(served.ask(with("GET", "/readyz?verbose=1")), ContainsSubstring("ready; a remark"));
  CHECK_THAT(served.ask(with("GET", "/metrics")), ContainsSubstring("troupe_ready 1"));
  const auto head = served.ask(with("HEAD", "/livez"));
  CHECK_THAT(head, ContainsSubstring(" 200 "));
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("health: two do not share a port", "[contract][health]") {
  const Served served;
  const auto second = HealthServer::start(served.address, sources());
  REQUIRE_FALSE(second);
  CHECK_THAT(second.error().what, ContainsSubstring(served.address));
  CHECK_THAT(second.error().what, ContainsSubstring("in use"));
}

TEST_CASE("health: a port is free again at once", "[contract][health]") {
  Served served;
  served.require_alive_within(1s);
  served.server.reset();
  served.server = *HealthServer::start(served.address, sources());
  served.require_alive_within(1s);
}

TEST_CASE("health: it listens on an IPv6 address", "[contract][health]") {
  const auto address = "[::1]:" + std::to_string(tool::free_port());
  const auto server = HealthServer::start(address, sources());
  if (!server) FAIL(server.error().what);
  CHECK(troupe::curl::http_get("http://" + address + "/livez", 1s)->status == 200);
}

TEST_CASE("health: what is no address is refused with a sentence", "[contract][health]") {
  const std::string address =
      GENERATE("127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "127.0.0.1:1x",
               "::1:8280", "[::1]", "no-such-host.invalid:8280");
  const auto server = HealthServer::start(address, sources());
  REQUIRE_FALSE(server);
  CHECK_FALSE(server.error().retryable);
  CHECK_THAT(server.error().what, ContainsSubstring("node.health"));
}

TEST_CASE("health: a proxy in the environment is for others", "[contract][health]") {
  const auto proxy = "http://127.0.0.1:" + std::to_string(tool::free_port());
  const WithVariable http("http_proxy", proxy);
  const WithVariable all("all_proxy", proxy);
  const Served served;
  served.require_alive_within(1s);
  const auto sink = *tool::WebhookSink::start();
  const auto posted = troupe::curl::http_post(sink->url(), {}, "{}", 1s);
  if (!posted) FAIL(posted.error().what);
  CHECK(posted->status == 200);
}

// What a connection promises its users, against a real server that comes and goes.
#include <atomic>
#include <chrono>
#include <csignal>
#include <future>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/client/connection.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/relay.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using nats::Received;
using nats::Reply;
using Status = nats::Reply::Status;

namespace {

std::unique_ptr<nats::Connection::Subscribed> answer_with_body(nats::Connection& connection,
                                                               const std::string& subject) {
  return or_throw(connection.subscribe(subject, {}, [&](const Received& message) {
    (void)connection.publish(message.reply(), {}, message.body());
  }));
}

}  // namespace

TEST_CASE("connection: an address where nobody listens is a failure that names it",
          "[contract][connection]") {
  const auto refused = nats::Connection::open({"nats://127.0.0.1:1", "test"});
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what, Catch::Matchers::ContainsSubstring("nats://127.0.0.1:1"));
}

TEST_CASE("connection: each request gets its own answer", "[contract][connection]") {
  NatsServer server;
  const auto serving = server.connect();
  const auto asking = server.connect();
  const auto subscribed = answer_with_body(*serving, "echo");
  std::vector<std::promise<std::string>> answers(500);
  for (std::size_t i = 0; i < answers.size(); ++i)
    asking->request("echo", {}, std::to_string(i), 5s, [&answers, i](Reply reply) {
      answers[i].set_value(std::string(reply.message.body()));
    });
  for (std::size_t i = 0; i < answers.size(); ++i)
    CHECK(answers[i].get_future().get() == std::to_string(i));
}

TEST_CASE("connection: what a handler publishes goes out with its burst or when the handler waits",
          "[contract][connection]") {
  NatsServer server;
  const auto serving = server.connect();
  const auto asking = server.connect();
  const auto echo = answer_with_body(*asking, "echo");
  std::atomic<int> arrived = 0;
  const auto seen = or_throw(asking->subscribe("published", {}, [&](const Received& message) {
    arrived += message.body() == "by the handler" ? 1 : 100;
  }));
  std::counting_semaphore<> hangs{0};
  std::counting_semaphore<> may_return{0};
  std::promise<Status> asked;
  const auto subscribed = or_throw(serving->subscribe("go", {}, [&](const Received& message) {
    (void)serving->publish("published", {}, "by the handler");
    if (message.body() == "and ask")
      asked.set_value(serving->request_and_wait("echo", {}, "", 5s).status);
    if (message.body() != "and hang") return;
    hangs.release();
    may_return.acquire();
  }));

  SECTION("many of them") {
    for (int i = 0; i < 1'000; ++i) REQUIRE(asking->publish("go", {}, ""));
    CHECK(eventually(5s, [&] { return arrived == 1'000; }));
  }
  SECTION("before it asks and waits") {
    // Each would take 250 ms if only the loop's own timer wrote it.
    const auto began = std::chrono::steady_clock::now();
    for (int i = 1; i <= 20; ++i) {
      asked = {};
      REQUIRE(asking->publish("go", {}, "and ask"));
      REQUIRE(asked.get_future().get() == Status::answered);
      REQUIRE(eventually(5s, [&] { return arrived == i; }));
    }
    CHECK(std::chrono::steady_clock::now() - began < 4s);
  }
  SECTION("another thread's message does not wait for a handler that hangs") {
    // Each would take up to 250 ms if only the loop's own timer wrote it.
    const auto began = std::chrono::steady_clock::now();
    for (int i = 1; i <= 30; ++i) {
      REQUIRE(asking->publish("go", {}, "and hang"));
      hangs.acquire();
      REQUIRE(serving->publish("published", {}, "by another"));
      CHECK(eventually(5s, [&] { return arrived == 101 * i; }));
      may_return.release();
    }
    CHECK(std::chrono::steady_clock::now() - began < 2s);
  }
  SECTION("nor does another handler's, and what the one that hangs has published goes out, too") {
    const auto other = or_throw(serving->subscribe("go-too", {}, [&](const Received&) {
      (void)serving->publish("published", {}, "by another");
    }));
    REQUIRE(asking->publish("go", {}, "and hang"));
    CHECK(eventually(5s, [&] { return arrived == 1; }));
    // Each would take up to 250 ms if only the loop's own timer wrote it.
    const auto began = std::chrono::steady_clock::now();
    for (int i = 1; i <= 40; ++i) {
      REQUIRE(asking->publish("go-too", {}, ""));
      CHECK(eventually(5s, [&] { return arrived == 1 + 100 * i; }));
    }
    CHECK(std::chrono::steady_clock::now() - began < 3s);
    may_return.release();
  }
}

TEST_CASE("connection: headers arrive, empty ones are left out", "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  std::promise<Received> arrived;
  const auto subscribed = or_throw(connection->subscribe(
      "h", {}, [&](Received message) { arrived.set_value(std::move(message)); }));
  REQUIRE(connection->publish("h", {{"A", "one"}, {"B", ""}}, "body", "reply.to"));
  const auto message = arrived.get_future().get();
  CHECK(message.header("A") == "one");
  CHECK_FALSE(message.header("B").has_value());
  CHECK(message.subject() == "h");
  CHECK(message.reply() == "reply.to");
  CHECK(message.body() == "body");
  CHECK(message.status() == 0);
}

TEST_CASE("connection: what NATS cannot carry is a failure, and the connection goes on",
          "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  for (const std::string& subject :
       {std::string(), std::string("a b"), std::string("a\r\nPUB b 0"), std::string("a\tb"),
        std::string("a.\x01"), std::string("a\x7f"), std::string("a\0b", 3)}) {
    INFO(subject);
    const auto sent = connection->publish(subject, {}, "");
    REQUIRE_FALSE(sent);
    CHECK_FALSE(sent.error().retryable);
    if (!subject.empty()) CHECK_FALSE(connection->publish("a", {}, "", subject));
    CHECK(connection->request_and_wait(subject, {}, "", 5s).status == Status::illegal);
  }
  for (const std::string& value :
       {std::string("a\r\nB: c"), std::string("a\n"), std::string(1, '\0')})
    CHECK(connection->request_and_wait("a", {{"A", value}}, "", 5s).status == Status::illegal);
  const auto subscribed = answer_with_body(*connection, "echo");
  CHECK(connection->request_and_wait("echo", {{"A", "\xc3\xb6 \t"}}, "", 5s).status
        == Status::answered);
}

TEST_CASE("connection: a request ends as no responders or in time", "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  CHECK(connection->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
  const auto silent = or_throw(connection->subscribe("silent", {}, [](const Received&) {}));
  const auto asked_at = std::chrono::steady_clock::now();
  CHECK(connection->request_and_wait("silent", {}, "", 100ms).status == Status::timed_out);
  CHECK(std::chrono::steady_clock::now() - asked_at < 1s);
}

TEST_CASE("connection: timeouts are kept in any order", "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto silent = or_throw(connection->subscribe("silent", {}, [](const Received&) {}));
  std::promise<void> all;
  std::atomic<int> left = 3;
  std::vector<int> order;
  for (const int milliseconds : {300, 100, 200})
    connection->request("silent", {}, "", std::chrono::milliseconds(milliseconds),
                        [&, milliseconds](Reply) {
                          order.push_back(milliseconds);
                          if (--left == 0) all.set_value();
                        });
  all.get_future().get();
  CHECK(order == std::vector{100, 200, 300});
}

TEST_CASE("connection: a request for many messages ends when it has enough or at a silence",
          "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto subscribed = or_throw(connection->subscribe("many", {}, [&](const Received& message) {
    for (int i = 0; i < 5; ++i) (void)connection->publish(message.reply(), {}, std::to_string(i));
  }));
  std::promise<std::string> enough;
  std::string taken;
  connection->request_many("many", {}, "", 2s, [&](Reply reply) {
    taken += reply.message.body();
    if (taken.size() == 3) enough.set_value(taken);
    return taken.size() < 3;
  });
  CHECK(enough.get_future().get() == "012");

  std::promise<Status> ended;
  int messages = 0;
  connection->request_many("many", {}, "", 100ms, [&](Reply reply) {
    if (reply.status == Status::answered)
      ++messages;
    else
      ended.set_value(reply.status);
    return true;
  });
  CHECK(ended.get_future().get() == Status::timed_out);
  CHECK(messages == 5);
}

TEST_CASE(
    "connection: a lost server ends what is outstanding, and nothing is sent until it is back",
    "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto silent = or_throw(connection->subscribe("silent", {}, [](const Received&) {}));
  std::promise<void> lost;
  std::promise<void> back;
  const auto watch =
      connection->watch([&](bool connected) { (connected ? back : lost).set_value(); });

  std::atomic<bool> late_came = false;
  const auto echo = or_throw(connection->subscribe("echo", {}, [&](const Received& message) {
    if (message.body() == "late") late_came = true;
    (void)connection->publish(message.reply(), {}, message.body());
  }));
  std::promise<Status> ended;
  connection->request("silent", {}, "", 60s, [&](Reply reply) { ended.set_value(reply.status); });
  server->kill_hard();
  CHECK(ended.get_future().get() == Status::disconnected);
  lost.get_future().get();
  CHECK_FALSE(connection->connected());
  CHECK(connection->request_and_wait("echo", {}, "late", 60s).status == Status::not_sent);
  CHECK_FALSE(connection->publish("echo", {}, "late"));

  or_throw(server->restart());
  back.get_future().get();
  CHECK(connection->request_and_wait("echo", {}, "now", 5s).status == Status::answered);
  CHECK_FALSE(late_came);
}

TEST_CASE("connection: what was lost in the middle of a message is no part of the next one",
          "[contract][connection]") {
  NatsServer server;
  const auto other = server.connect();
  Relay relay(server->url());
  const auto connection = or_throw(nats::Connection::open({.url = relay.url(), .name = "relayed"}));
  const std::string body(100'000, 'x');
  std::atomic<int> whole = 0;
  std::atomic<int> altered = 0;
  const auto subscribed = or_throw(connection->subscribe(
      "large", {}, [&](const Received& message) { ++(message.body() == body ? whole : altered); }));
  std::counting_semaphore<> back{0};
  const auto watch = connection->watch([&](bool connected) {
    if (connected) back.release();
  });
  constexpr int rounds = 3;
  for (int round = 0; round < rounds; ++round) {
    relay.keep_back_behind(1'000);
    REQUIRE(other->publish("large", {}, body));
    relay.wait_until_kept();
    relay.cut();
    back.acquire();
    CHECK(connection->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
    REQUIRE(other->publish("large", {}, body));
    CHECK(eventually(2s, [&] { return whole == round + 1; }));
  }
  CHECK(altered == 0);
}

TEST_CASE("connection: a server that does not answer pings is taken for lost",
          "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto silent = or_throw(connection->subscribe("silent", {}, [](const Received&) {}));
  server->process().freeze();
  CHECK(connection->request_and_wait("silent", {}, "", 20s).status == Status::disconnected);
  server->process().signal(SIGCONT);
}

TEST_CASE("connection: after a subscription ends its handler runs no more",
          "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto sending = server.connect();
  std::atomic<bool> stop = false;
  std::thread sender([&] {
    while (!stop) (void)sending->publish("flood", {}, "x");
  });
  struct Round {
    std::promise<void> first;
    std::atomic<int> count = 0;
    std::atomic<bool> over = false;
  };
  std::vector<std::unique_ptr<Round>> rounds;  // all kept, so that a late call can be counted
  std::atomic<int> late = 0;
  for (int i = 0; i < 50; ++i) {
    auto& round = *rounds.emplace_back(std::make_unique<Round>());
    auto subscribed = or_throw(connection->subscribe("flood", {}, [&](const Received&) {
      if (round.over) ++late;
      if (++round.count == 1) round.first.set_value();
    }));
    round.first.get_future().get();
    subscribed.reset();
    round.over = true;
  }
  stop = true;
  sender.join();
  // What was sent is handled: a call that comes late has come.
  CHECK(connection->request_and_wait("nobody", {}, "", 5s).status == Status::no_responders);
  CHECK(late == 0);
}

TEST_CASE("connection: draining handles what was received", "[contract][connection]") {
  NatsServer server;
  const auto connection = server.connect();
  std::atomic<int> handled = 0;
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  const auto subscribed = or_throw(connection->subscribe("work", {}, [&](const Received&) {
    opened.wait();
    ++handled;
  }));
  for (int i = 0; i < 100; ++i) REQUIRE(connection->publish("work", {}, "x"));
  auto draining = std::async(std::launch::async, [&] { subscribed->drain(5s); });
  gate.set_value();
  draining.get();
  CHECK(handled == 100);
}

TEST_CASE("connection: its end ends what is outstanding", "[contract][connection]") {
  NatsServer server;
  const auto serving = server.connect();
  const auto silent = or_throw(serving->subscribe("silent", {}, [](const Received&) {}));
  std::promise<Status> ended;
  {
    const auto connection = server.connect();
    connection->request("silent", {}, "", 60s, [&](Reply reply) { ended.set_value(reply.status); });
  }
  CHECK(ended.get_future().get() == Status::disconnected);
}

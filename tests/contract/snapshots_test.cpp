// What a snapshot store promises, in memory and in Redis.
#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch_all.hpp>

#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_redis.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using Found = Result<std::optional<std::string>>;

Subject instance(const Token& context, std::string_view id = "o-1") {
  return Subject::events({context, Token::parse("order").value(), Token::parse(id).value()});
}

std::future<Found> ask(Snapshots& snapshots, const Subject& subject) {
  auto answer = std::make_shared<std::promise<Found>>();
  auto found = answer->get_future();
  snapshots.get(subject, [answer](Found value) { answer->set_value(std::move(value)); });
  return found;
}

Found get(Snapshots& snapshots, const Subject& subject) { return ask(snapshots, subject).get(); }

}  // namespace

TEMPLATE_TEST_CASE("snapshots: an instance without one has none", "[contract][snapshots]", InMemory,
                   OnRedis) {
  TestType backend;
  CHECK(get(backend.snapshots(), instance(backend.context())).value() == std::nullopt);
}

TEMPLATE_TEST_CASE("snapshots: the newest version stays, whatever the order of the puts",
                   "[contract][snapshots]", InMemory, OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  backend.snapshots().put(subject, 9, "nine");
  backend.snapshots().put(subject, 10, "ten");
  CHECK(get(backend.snapshots(), subject).value() == "ten");
  backend.snapshots().put(subject, 9, "nine again");
  CHECK(get(backend.snapshots(), subject).value() == "ten");
  backend.snapshots().put(subject, 10, "ten again");
  CHECK(get(backend.snapshots(), subject).value() == "ten again");
}

TEMPLATE_TEST_CASE("snapshots: instances do not see each other's", "[contract][snapshots]",
                   InMemory, OnRedis) {
  TestType backend;
  backend.snapshots().put(instance(backend.context(), "o-1"), 3, "one");
  CHECK(get(backend.snapshots(), instance(backend.context(), "o-2")).value() == std::nullopt);
}

TEMPLATE_TEST_CASE("snapshots: they may hold any bytes", "[contract][snapshots]", InMemory,
                   OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  const std::string bytes("\0\r\n\xff%b", 6);
  backend.snapshots().put(subject, 1, bytes);
  CHECK(get(backend.snapshots(), subject).value() == bytes);
}

TEST_CASE("snapshots: Redis away is a retryable failure, and comes back",
          "[contract][snapshots][redis]") {
  RedisServer server;
  redis::RedisSnapshots snapshots(server.options(), redis::Keys("s-1"));
  const auto subject = instance(Token::parse("ordering").value());
  snapshots.put(subject, 1, "one");
  REQUIRE(get(snapshots, subject).value() == "one");

  server->kill_hard();
  snapshots.put(subject, 2, "dropped");
  const auto away = get(snapshots, subject);
  REQUIRE_FALSE(away);
  CHECK(away.error().retryable);

  REQUIRE(server->restart());
  const auto answers = [&] { return get(snapshots, subject).has_value(); };
  REQUIRE(eventually(5s, answers));
  CHECK(get(snapshots, subject).value() == "one");
}

TEST_CASE("snapshots: over the bound a get fails at once, and all are answered in time",
          "[contract][snapshots][redis]") {
  RedisServer server;
  redis::RedisSnapshots snapshots(server.options(), redis::Keys("s-1"));
  const auto subject = instance(Token::parse("ordering").value());
  REQUIRE(get(snapshots, subject));

  server->process().freeze();
  const auto asked_at = std::chrono::steady_clock::now();
  std::vector<std::future<Found>> asked;
  for (std::size_t i = 0; i < redis::RedisSnapshots::requests_max + 2; ++i)
    asked.push_back(ask(snapshots, subject));
  CHECK(asked.back().wait_for(0ms) == std::future_status::ready);
  for (auto& answer : asked) {
    const auto found = answer.get();
    REQUIRE_FALSE(found);
    CHECK(found.error().retryable);
  }
  CHECK(std::chrono::steady_clock::now() - asked_at < RedisServer::timeout + 1s);
  server->process().signal(SIGCONT);
}

TEST_CASE("snapshots: stopping the store answers whoever still waits",
          "[contract][snapshots][redis]") {
  RedisServer server;
  std::vector<std::future<Found>> asked;
  {
    redis::RedisSnapshots snapshots(server.options(), redis::Keys("s-1"));
    const auto subject = instance(Token::parse("ordering").value());
    server->process().freeze();
    for (int i = 0; i < 10; ++i) asked.push_back(ask(snapshots, subject));
  }
  for (auto& answer : asked) CHECK(answer.wait_for(0ms) == std::future_status::ready);
  server->process().signal(SIGCONT);
}

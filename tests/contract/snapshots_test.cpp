// What a snapshot store promises, in memory and in Redis.
#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <set>
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

using Found = Result<std::optional<Snapshot>>;

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

void put(Snapshots& snapshots, const Subject& subject, std::uint64_t version,
         const std::string& bytes, const std::vector<std::string>& parts = {}) {
  Snapshot snapshot{.version = version, .bytes = bytes};
  for (const auto& part : parts)
    snapshot.parts.push_back({part, std::make_shared<const std::string>("bytes of " + part)});
  snapshots.put(subject, std::move(snapshot));
}

/// Version and bytes, then the names of the parts, whose bytes are as they were put.
std::string kept(Snapshots& snapshots, const Subject& subject) {
  const auto found = get(snapshots, subject).value();
  if (!found) return "nothing";
  std::set<std::string> names;
  for (const auto& part : found->parts) {
    CHECK(*part.bytes == "bytes of " + part.name);
    names.insert(part.name);
  }
  std::string text = std::to_string(found->version) + " " + found->bytes;
  for (const auto& name : names) text += " " + name;
  return text;
}

}  // namespace

TEMPLATE_TEST_CASE("snapshots: an instance without one has none", "[contract][snapshots]", InMemory,
                   OnRedis) {
  TestType backend;
  CHECK(kept(backend.snapshots(), instance(backend.context())) == "nothing");
}

TEMPLATE_TEST_CASE("snapshots: the newest version stays, whatever the order of the puts",
                   "[contract][snapshots]", InMemory, OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  put(backend.snapshots(), subject, 9, "nine");
  put(backend.snapshots(), subject, 10, "ten");
  CHECK(kept(backend.snapshots(), subject) == "10 ten");
  put(backend.snapshots(), subject, 9, "nine again");
  CHECK(kept(backend.snapshots(), subject) == "10 ten");
  put(backend.snapshots(), subject, 10, "ten again");
  CHECK(kept(backend.snapshots(), subject) == "10 ten again");
}

TEMPLATE_TEST_CASE("snapshots: instances do not see each other's", "[contract][snapshots]",
                   InMemory, OnRedis) {
  TestType backend;
  put(backend.snapshots(), instance(backend.context(), "o-1"), 3, "one");
  CHECK(kept(backend.snapshots(), instance(backend.context(), "o-2")) == "nothing");
}

TEMPLATE_TEST_CASE("snapshots: they may hold any bytes", "[contract][snapshots]", InMemory,
                   OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  const std::string bytes("\0\r\n\xff%b", 6);
  put(backend.snapshots(), subject, 1, bytes);
  CHECK(get(backend.snapshots(), subject).value()->bytes == bytes);
}

TEMPLATE_TEST_CASE("snapshots: one has all its parts and no others, whoever kept them first",
                   "[contract][snapshots]", InMemory, OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  put(backend.snapshots(), subject, 1, "one", {"a", "b"});
  CHECK(kept(backend.snapshots(), subject) == "1 one a b");
  put(backend.snapshots(), subject, 2, "two", {"b", "c", "d"});
  CHECK(kept(backend.snapshots(), subject) == "2 two b c d");
  put(backend.snapshots(), subject, 1, "late", {"a", "b"});
  CHECK(kept(backend.snapshots(), subject) == "2 two b c d");
  put(backend.snapshots(), subject, 3, "three");
  CHECK(kept(backend.snapshots(), subject) == "3 three");
}

TEMPLATE_TEST_CASE("snapshots: parts may be many and large", "[contract][snapshots]", InMemory,
                   OnRedis) {
  TestType backend;
  const auto subject = instance(backend.context());
  Snapshot large{.version = 1, .bytes = std::string(400'000, 'h')};
  for (int i = 0; i < 20; ++i)
    large.parts.push_back(
        {std::to_string(i), std::make_shared<const std::string>(500'000, static_cast<char>(i))});
  backend.snapshots().put(subject, large);
  const auto found = get(backend.snapshots(), subject).value();
  REQUIRE(found);
  REQUIRE(found->parts.size() == large.parts.size());
  for (const auto& part : found->parts)
    CHECK(*part.bytes == *large.parts[static_cast<std::size_t>(std::stoi(part.name))].bytes);
}

TEST_CASE("snapshots: Redis is sent those parts only that it does not have",
          "[contract][snapshots][redis]") {
  RedisServer server;
  redis::RedisSnapshots snapshots(server.options(), redis::Keys("s-1"));
  redis::Client client(server.options(), 1);
  const auto read_by_redis = [&] {
    const auto info = client.call({"INFO", "stats"}).value();
    const std::string text(info.value().text().value());
    constexpr std::string_view name = "total_net_input_bytes:";
    return std::stoull(text.substr(text.find(name) + name.size()));
  };
  const auto subject = instance(Token::parse("ordering").value());
  Snapshot snapshot{.version = 1, .bytes = "head"};
  for (int i = 0; i < 10; ++i)
    snapshot.parts.push_back(
        {std::to_string(i), std::make_shared<const std::string>(100'000, 'x')});
  snapshots.put(subject, snapshot);
  REQUIRE(get(snapshots, subject).value()->version == 1);
  const auto before = read_by_redis();
  CHECK(before > 1'000'000);
  snapshot.version = 2;
  snapshot.parts.erase(snapshot.parts.begin());
  snapshot.parts.push_back({"10", std::make_shared<const std::string>(100'000, 'y')});
  snapshots.put(subject, snapshot);
  REQUIRE(get(snapshots, subject).value()->parts.size() == 10);
  CHECK(read_by_redis() - before < 110'000);
}

TEST_CASE("snapshots: Redis away is a retryable failure, and comes back",
          "[contract][snapshots][redis]") {
  RedisServer server;
  redis::RedisSnapshots snapshots(server.options(), redis::Keys("s-1"));
  const auto subject = instance(Token::parse("ordering").value());
  put(snapshots, subject, 1, "one");
  REQUIRE(kept(snapshots, subject) == "1 one");

  server->kill_hard();
  put(snapshots, subject, 2, "dropped");
  const auto away = get(snapshots, subject);
  REQUIRE_FALSE(away);
  CHECK(away.error().retryable);

  REQUIRE(server->restart());
  const auto answers = [&] { return get(snapshots, subject).has_value(); };
  REQUIRE(eventually(5s, answers));
  CHECK(kept(snapshots, subject) == "1 one");
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

// What a view store promises, in memory and in Redis.
#include <atomic>
#include <chrono>
#include <csignal>
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

ViewName view_of(const Token& context, std::string_view name = "orders") {
  return {context, Token::parse(name).value()};
}

}  // namespace

TEMPLATE_TEST_CASE("view store: a new view has checkpoint 0 and no rows", "[contract][view_store]",
                   InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  CHECK(backend.views().checkpoint(view).value() == 0);
  CHECK(backend.views().all(view).value().rows.empty());
  CHECK(backend.views().rows(view, {"a", "b"}).value().rows.empty());
  CHECK(backend.views().rows(view, {}).value().rows.empty());
}

TEMPLATE_TEST_CASE("view store: an apply at the checkpoint writes its rows and moves it",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  const auto first = backend.views().apply(view, 0, 7, {{"a", "1"}, {"b", "2"}}).value();
  CHECK(first.written);
  CHECK(first.checkpoint == 7);
  REQUIRE(backend.views().apply(view, 7, 9, {{"b", "3"}, {"c", "4"}}).value().written);
  CHECK(backend.views().checkpoint(view).value() == 9);
  CHECK(backend.views().all(view).value().rows == Rows{{"a", "1"}, {"b", "3"}, {"c", "4"}});
  CHECK(backend.views().rows(view, {"c", "x", "a"}).value().rows == Rows{{"a", "1"}, {"c", "4"}});
}

TEMPLATE_TEST_CASE(
    "view store: an apply from another checkpoint writes nothing and says where it is",
    "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  REQUIRE(backend.views().apply(view, 0, 7, {{"a", "1"}}).value().written);
  const auto from = GENERATE(std::uint64_t{0}, std::uint64_t{6}, std::uint64_t{8});
  const auto refused = backend.views().apply(view, from, 9, {{"a", "2"}, {"b", "2"}}).value();
  CHECK_FALSE(refused.written);
  CHECK(refused.checkpoint == 7);
  CHECK(backend.views().checkpoint(view).value() == 7);
  CHECK(backend.views().all(view).value().rows == Rows{{"a", "1"}});
}

TEMPLATE_TEST_CASE("view store: an apply without rows moves the checkpoint",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  REQUIRE(backend.views().apply(view, 0, 3, {}).value().written);
  CHECK(backend.views().checkpoint(view).value() == 3);
  CHECK(backend.views().all(view).value().rows.empty());
}

TEMPLATE_TEST_CASE("view store: keys and rows may hold any bytes", "[contract][view_store]",
                   InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  const Rows rows{{std::string("k\0\r\n", 4), std::string("\0\xff\r\n%s", 6)},
                  {"empty", ""},
                  {"", "under the empty key"}};
  REQUIRE(backend.views().apply(view, 0, 1, rows).value().written);
  CHECK(backend.views().all(view).value().rows == rows);
  CHECK(backend.views().rows(view, {std::string("k\0\r\n", 4), "empty", ""}).value().rows == rows);
}

TEMPLATE_TEST_CASE("view store: tens of thousands of rows are written and read in one step",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  Rows rows;
  for (int i = 0; i < 30'000; ++i) rows.emplace("row-" + std::to_string(i), std::to_string(i));
  REQUIRE(backend.views().apply(view, 0, 30'000, rows).value().written);
  CHECK(backend.views().all(view).value().rows == rows);
  std::vector<std::string> keys{"none"};
  for (const auto& [key, row] : rows) keys.push_back(key);
  CHECK(backend.views().rows(view, keys).value().rows == rows);
}

TEMPLATE_TEST_CASE("view store: of many applies from one checkpoint exactly one is written",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  constexpr std::uint64_t writers = 8;
  constexpr std::uint64_t rounds = 50;
  std::atomic<std::uint64_t> written = 0;
  std::vector<std::thread> threads;
  for (std::uint64_t writer = 0; writer < writers; ++writer)
    threads.emplace_back([&, writer] {
      for (std::uint64_t from = 0; from < rounds; ++from) {
        const Rows row{{std::to_string(from), std::to_string(writer)}};
        const auto applied = backend.views().apply(view, from, from + 1, row);
        if (applied && applied->written) ++written;
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(written == backend.views().checkpoint(view).value());
  CHECK(backend.views().all(view).value().rows.size() == written);
}

TEMPLATE_TEST_CASE("view store: clearing a view forgets its rows and its checkpoint, not another's",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  const auto other = view_of(backend.context(), "totals");
  REQUIRE(backend.views().apply(view, 0, 7, {{"a", "1"}}).value().written);
  REQUIRE(backend.views().apply(other, 0, 5, {{"a", "other"}}).value().written);
  REQUIRE(backend.views().clear(view));
  CHECK(backend.views().checkpoint(view).value() == 0);
  CHECK(backend.views().all(view).value().rows.empty());
  CHECK(backend.views().checkpoint(other).value() == 5);
  CHECK(backend.views().all(other).value().rows == Rows{{"a", "other"}});
  CHECK(backend.views().apply(view, 0, 2, {{"b", "2"}}).value().written);
}

TEMPLATE_TEST_CASE("view store: rows are read with the checkpoint of the same moment",
                   "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  constexpr std::uint64_t steps = 500;
  std::thread writer([&] {
    for (std::uint64_t from = 0; from < steps; ++from)
      (void)backend.views().apply(view, from, from + 1, {{"at", std::to_string(from + 1)}});
  });
  ViewContent some;
  bool agree = true;
  while (agree && some.checkpoint < steps) {
    some = backend.views().rows(view, {"none", "at"}).value();
    const auto all = backend.views().all(view).value();
    for (const auto* read : {static_cast<const ViewContent*>(&some), &all})
      agree &= read->rows
               == (read->checkpoint == 0 ? Rows{} : Rows{{"at", std::to_string(read->checkpoint)}});
  }
  writer.join();
  CHECK(agree);
  CHECK(backend.views().rows(view, {}).value().checkpoint == steps);
}

TEMPLATE_TEST_CASE(
    "view store: rows without their checkpoint are none, and go with the first apply",
    "[contract][view_store]", InMemory, OnRedis) {
  TestType backend;
  const auto view = view_of(backend.context());
  REQUIRE(backend.views().apply(view, 0, 7, {{"a", "1"}, {"b", "2"}}).value().written);
  backend.lose_checkpoint(view);
  CHECK(backend.views().checkpoint(view).value() == 0);
  CHECK(backend.views().rows(view, {"a"}).value().rows.empty());
  CHECK(backend.views().all(view).value().rows.empty());
  CHECK_FALSE(backend.views().apply(view, 7, 8, {{"a", "3"}}).value().written);

  REQUIRE(backend.views().apply(view, 0, 5, {{"a", "4"}}).value().written);
  CHECK(backend.views().all(view).value().rows == Rows{{"a", "4"}});
  CHECK(backend.views().rows(view, {"a", "b"}).value().rows == Rows{{"a", "4"}});
}

TEST_CASE("view store: Redis keeps rows and checkpoint through kill -9",
          "[contract][view_store][redis]") {
  RedisServer server;
  redis::RedisViewStore views(server.options(), redis::Keys("s-1"));
  const auto view = view_of(Token::parse("ordering").value());
  REQUIRE(views.apply(view, 0, 7, {{"a", "1"}}).value().written);

  server->kill_hard();
  const auto away = views.checkpoint(view);
  REQUIRE_FALSE(away);
  CHECK(away.error().retryable);

  REQUIRE(server->restart());
  CHECK(eventually(5s, [&] { return views.checkpoint(view) == 7U; }));
  CHECK(views.all(view).value().rows == Rows{{"a", "1"}});
  CHECK(views.apply(view, 7, 8, {{"b", "2"}}).value().written);
}

TEST_CASE("view store: after FLUSHALL the checkpoint is 0 and the view can be folded again",
          "[contract][view_store][redis]") {
  RedisServer server;
  redis::RedisViewStore views(server.options(), redis::Keys("s-1"));
  const auto view = view_of(Token::parse("ordering").value());
  REQUIRE(views.apply(view, 0, 7, {{"a", "1"}}).value().written);

  redis::Client operator_client(server.options(), 1);
  REQUIRE(operator_client.call({"FLUSHALL"}));
  const auto refused = views.apply(view, 7, 8, {{"b", "2"}}).value();
  CHECK_FALSE(refused.written);
  CHECK(refused.checkpoint == 0);
  CHECK(views.all(view).value().rows.empty());
  CHECK(views.apply(view, 0, 7, {{"a", "1"}}).value().written);
}

TEST_CASE("view store: a script that Redis forgot is sent again", "[contract][view_store][redis]") {
  OnRedis backend;
  const auto view = view_of(backend.context());
  REQUIRE(backend.views().apply(view, 0, 1, {}).value().written);
  redis::Client operator_client(OnRedis::shared_server().options(), 1);
  REQUIRE(operator_client.call({"SCRIPT", "FLUSH"}));
  CHECK(backend.views().apply(view, 1, 2, {}).value().written);
}

TEST_CASE("view store: a Redis that hangs costs no more than the timeout, and is used again after",
          "[contract][view_store][redis]") {
  RedisServer server;
  redis::RedisViewStore views(server.options(), redis::Keys("s-1"));
  const auto view = view_of(Token::parse("ordering").value());
  REQUIRE(views.apply(view, 0, 7, {{"a", "1"}}).value().written);

  server->process().freeze();
  const auto asked_at = std::chrono::steady_clock::now();
  const auto hung = views.apply(view, 7, 8, {{"a", "2"}});
  const auto took = std::chrono::steady_clock::now() - asked_at;
  server->process().signal(SIGCONT);

  REQUIRE_FALSE(hung);
  CHECK(hung.error().retryable);
  CHECK(hung.error().what.find("no answer in time") != std::string::npos);
  CHECK(took < RedisServer::timeout + 500ms);

  // The apply may have been carried out late; whoever asks again learns where the view is.
  REQUIRE(eventually(5s, [&] { return views.apply(view, 7, 8, {{"a", "2"}}).has_value(); }));
  CHECK(views.checkpoint(view).value() == 8);
  CHECK(views.all(view).value().rows == Rows{{"a", "2"}});
}

TEST_CASE("view store: more callers than connections wait for one another",
          "[contract][view_store][redis]") {
  OnRedis backend;
  const auto view = view_of(backend.context());
  REQUIRE(backend.views().apply(view, 0, 7, {{"a", "1"}}).value().written);
  std::atomic<int> answered = 0;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < redis::RedisViewStore::connections_max * 4; ++i)
    threads.emplace_back([&] {
      for (int call = 0; call < 100; ++call)
        if (backend.views().rows(view, {"a"}).value_or(ViewContent{}).rows.contains("a"))
          ++answered;
    });
  for (auto& thread : threads) thread.join();
  CHECK(answered == static_cast<int>(threads.size()) * 100);
}

TEST_CASE("view store: a key of another type is a permanent failure",
          "[contract][view_store][redis]") {
  OnRedis backend;
  const auto view = view_of(backend.context());
  const auto key = backend.keys().of(view, "rows");
  redis::Client operator_client(OnRedis::shared_server().options(), 1);
  REQUIRE(backend.views().apply(view, 0, 1, {}).value().written);
  REQUIRE(operator_client.call({"SET", key, "not a hash"}));
  const auto applied = backend.views().apply(view, 1, 2, {{"a", "1"}});
  REQUIRE_FALSE(applied);
  CHECK_FALSE(applied.error().retryable);
  CHECK(backend.views().checkpoint(view).value() == 1);
  const auto read = backend.views().rows(view, {"a"});
  REQUIRE_FALSE(read);
  CHECK_FALSE(read.error().retryable);
}

// What slot leases promise, in memory and in Redis.
#include <algorithm>
#include <chrono>
#include <csignal>
#include <optional>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/redis/check_redis.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_redis.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Slots = std::vector<std::uint32_t>;

namespace {

constexpr auto long_ttl = 60s;
constexpr auto short_ttl = 100ms;

}  // namespace

TEMPLATE_TEST_CASE("leases: a node holds what nobody else holds", "[contract][leases]", InMemory,
                   OnRedis) {
  TestType backend;
  auto& mine = backend.leases();
  const auto theirs = backend.leases_of_another_node();
  CHECK(mine.hold(backend.context(), {1, 2, 3}, {}, long_ttl).value() == Slots{1, 2, 3});
  CHECK(theirs->hold(backend.context(), {3, 4, 1}, {}, long_ttl).value() == Slots{4});
  CHECK(mine.hold(backend.context(), {4, 2}, {}, long_ttl).value() == Slots{2});
  CHECK(mine.hold(backend.context(), {}, {}, long_ttl).value().empty());
}

TEMPLATE_TEST_CASE("leases: slots of different contexts are different leases", "[contract][leases]",
                   InMemory, OnRedis) {
  TestType backend;
  const auto theirs = backend.leases_of_another_node();
  const auto other = Token::parse(backend.context().str() + "-b").value();
  CHECK(backend.leases().hold(backend.context(), {1}, {}, long_ttl).value() == Slots{1});
  CHECK(theirs->hold(other, {1}, {}, long_ttl).value() == Slots{1});
}

TEMPLATE_TEST_CASE("leases: a released slot is free at once, another node's stays",
                   "[contract][leases]", InMemory, OnRedis) {
  TestType backend;
  auto& mine = backend.leases();
  const auto theirs = backend.leases_of_another_node();
  REQUIRE(mine.hold(backend.context(), {1, 2}, {}, long_ttl).value() == Slots{1, 2});
  REQUIRE(theirs->hold(backend.context(), {3}, {}, long_ttl).value() == Slots{3});
  REQUIRE(mine.release(backend.context(), {1, 3, 9}));
  CHECK(theirs->hold(backend.context(), {1, 2}, {}, long_ttl).value() == Slots{1});
  CHECK(mine.hold(backend.context(), {2, 3}, {}, long_ttl).value() == Slots{2});
  CHECK(mine.release(backend.context(), {}));
}

TEMPLATE_TEST_CASE("leases: a lease that is not renewed ends", "[contract][leases]", InMemory,
                   OnRedis) {
  TestType backend;
  const auto theirs = backend.leases_of_another_node();
  REQUIRE(backend.leases().hold(backend.context(), {1}, {}, short_ttl).value() == Slots{1});
  CHECK(eventually(
      5s, [&] { return theirs->hold(backend.context(), {1}, {}, long_ttl).value() == Slots{1}; }));
  CHECK(backend.leases().hold(backend.context(), {1}, {}, long_ttl).value().empty());
}

TEMPLATE_TEST_CASE("leases: holding again extends the lease", "[contract][leases]", InMemory,
                   OnRedis) {
  TestType backend;
  const auto theirs = backend.leases_of_another_node();
  REQUIRE(backend.leases().hold(backend.context(), {1, 2}, {}, short_ttl).value() == Slots{1, 2});
  REQUIRE(backend.leases().hold(backend.context(), {1}, {}, long_ttl).value() == Slots{1});
  REQUIRE(eventually(
      5s, [&] { return theirs->hold(backend.context(), {2}, {}, long_ttl).value() == Slots{2}; }));
  CHECK(theirs->hold(backend.context(), {1}, {}, long_ttl).value().empty());
}

TEMPLATE_TEST_CASE("leases: a holder that counts as dead is displaced", "[contract][leases]",
                   InMemory, OnRedis) {
  TestType backend;
  auto& mine = backend.leases();
  const auto theirs = backend.leases_of_another_node();
  REQUIRE(mine.hold(backend.context(), {1, 2}, {}, long_ttl).value() == Slots{1, 2});
  CHECK(theirs->hold(backend.context(), {1}, {"n|somebody"}, long_ttl).value().empty());
  CHECK(theirs->hold(backend.context(), {1}, {"n|somebody", mine.self()}, long_ttl).value()
        == Slots{1});
  CHECK(mine.hold(backend.context(), {1, 2}, {}, long_ttl).value() == Slots{2});
}

TEMPLATE_TEST_CASE("leases: members see each other's beats until they are struck off",
                   "[contract][leases]", InMemory, OnRedis) {
  TestType backend;
  auto& mine = backend.leases();
  const auto theirs = backend.leases_of_another_node();
  REQUIRE(mine.self() != theirs->self());
  const auto beat_of = [&](const std::vector<Member>& members, const std::string& holder) {
    const auto found = std::ranges::find(members, holder, &Member::holder);
    return found == members.end() ? std::optional<std::uint64_t>() : found->beat;
  };
  REQUIRE(mine.beat(backend.context(), {}, {}).value().size() == 1);
  const auto first = beat_of(theirs->beat(backend.context(), {}, {}).value(), mine.self());
  REQUIRE(first);
  REQUIRE(mine.beat(backend.context(), {}, {}).value().size() == 2);
  const auto second = beat_of(theirs->beat(backend.context(), {}, {}).value(), mine.self());
  CHECK(second != first);

  REQUIRE(mine.beat(backend.context(), {.fit = false}, {}).value().size() == 2);
  CHECK(beat_of(theirs->beat(backend.context(), {}, {}).value(), mine.self()) == 0);
  REQUIRE(mine.beat(backend.context(), {}, {}));
  CHECK(beat_of(theirs->beat(backend.context(), {}, {}).value(), mine.self()) != 0);

  REQUIRE(mine.leave(backend.context()));
  CHECK(beat_of(theirs->beat(backend.context(), {}, {}).value(), mine.self()) == 0);
  CHECK(theirs->beat(backend.context(), {}, {mine.self()}).value().size() == 1);
}

TEMPLATE_TEST_CASE("leases: members see each other's vocabularies", "[contract][leases]", InMemory,
                   OnRedis) {
  TestType backend;
  auto& mine = backend.leases();
  const auto theirs = backend.leases_of_another_node();
  const auto seen = [&] {
    const auto members = theirs->beat(backend.context(), {.vocabulary = "theirs"}, {}).value();
    const auto found = std::ranges::find(members, mine.self(), &Member::holder);
    return found == members.end() ? "not on the list" : found->vocabulary;
  };
  REQUIRE(mine.beat(backend.context(), {.vocabulary = "mine"}, {}));
  CHECK(seen() == "mine");
  REQUIRE(mine.beat(backend.context(), {.fit = false, .vocabulary = "other"}, {}));
  CHECK(seen() == "other");
  REQUIRE(mine.leave(backend.context()));
  CHECK(seen() == "other");
  REQUIRE(theirs->beat(backend.context(), {}, {mine.self()}));
  CHECK(seen() == "not on the list");
}

TEST_CASE("leases: a member of a version that knows no vocabularies says none",
          "[contract][leases][redis]") {
  OnRedis backend;
  redis::Client earlier(OnRedis::shared_server().options(), 1);
  const auto list = backend.keys().of(backend.context(), "members");
  const auto vocabularies = backend.keys().of(backend.context(), "vocabularies");
  REQUIRE(earlier.call({"HSET", list, "earlier|1", "7"}));
  const auto members =
      backend.leases().beat(backend.context(), {.vocabulary = "later"}, {}).value();
  REQUIRE(members.size() == 2);
  const auto found = std::ranges::find(members, "earlier|1", &Member::holder);
  REQUIRE(found != members.end());
  CHECK(found->beat == 7);
  CHECK(found->vocabulary.empty());

  // It strikes members off its own way.
  REQUIRE(earlier.call({"HDEL", list, backend.leases().self()}));
  const auto another = backend.leases_of_another_node();
  REQUIRE(another->beat(backend.context(), {.vocabulary = "later"}, {}).value().size() == 2);
  CHECK(earlier.call({"HLEN", vocabularies}).value().value().number() == 1);
}

TEST_CASE("leases: a restarted node does not inherit those of its former self",
          "[contract][leases][redis]") {
  OnRedis backend;
  auto& before = backend.leases();
  redis::RedisLeases after(OnRedis::shared_server().options(), backend.keys(), "node-1");
  REQUIRE(before.hold(backend.context(), {1}, {}, long_ttl).value() == Slots{1});
  CHECK(after.hold(backend.context(), {1}, {}, long_ttl).value().empty());
}

TEST_CASE("leases: Redis away is a retryable failure, and comes back",
          "[contract][leases][redis]") {
  RedisServer server;
  redis::RedisLeases leases(server.options(), redis::Keys("s-1"), "node-1");
  const auto context = Token::parse("ordering").value();
  REQUIRE(leases.hold(context, {1}, {}, long_ttl).value() == Slots{1});

  SECTION("killed and started again, it still knows the lease") {
    server->kill_hard();
    const auto away = leases.hold(context, {1}, {}, long_ttl);
    REQUIRE_FALSE(away);
    CHECK(away.error().retryable);
    REQUIRE(server->restart());
    CHECK(eventually(5s, [&] { return leases.hold(context, {1}, {}, long_ttl) == Slots{1}; }));
  }
  SECTION("hung, it costs no more than the timeout") {
    server->process().freeze();
    const auto asked_at = std::chrono::steady_clock::now();
    const auto hung = leases.hold(context, {1}, {}, long_ttl);
    CHECK(std::chrono::steady_clock::now() - asked_at < RedisServer::timeout + 500ms);
    server->process().signal(SIGCONT);
    REQUIRE_FALSE(hung);
    CHECK(hung.error().retryable);
    CHECK(eventually(5s, [&] { return leases.hold(context, {1}, {}, long_ttl) == Slots{1}; }));
  }
  SECTION("after FLUSHALL the slots are free") {
    redis::Client operator_client(server.options(), 1);
    REQUIRE(operator_client.call({"FLUSHALL"}));
    redis::RedisLeases other(server.options(), redis::Keys("s-1"), "node-2");
    CHECK(other.hold(context, {1}, {}, long_ttl).value() == Slots{1});
    CHECK(leases.hold(context, {1}, {}, long_ttl).value().empty());
  }
}

TEST_CASE("the check of Redis accepts a good one and says what is wrong with another",
          "[contract][redis]") {
  RedisServer server;
  const auto options = server.options();
  CHECK(redis::check_redis(options));

  redis::Client operator_client(options, 1);
  REQUIRE(operator_client.call({"CONFIG", "SET", "maxmemory", "100mb"}));
  CHECK(redis::check_redis(options));
  REQUIRE(operator_client.call({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}));
  const auto evicting = redis::check_redis(options);
  REQUIRE_FALSE(evicting);
  CHECK_FALSE(evicting.error().retryable);
  CHECK(evicting.error().what.find("noeviction") != std::string::npos);

  auto elsewhere = options;
  elsewhere.database = 4'000;
  const auto no_database = redis::check_redis(elsewhere);
  REQUIRE_FALSE(no_database);
  CHECK_FALSE(no_database.error().retryable);
  CHECK(no_database.error().what.find("no database 4000") != std::string::npos);

  server->kill_hard();
  const auto away = redis::check_redis(options);
  REQUIRE_FALSE(away);
  CHECK(away.error().retryable);
  CHECK(away.error().what.find(redis::address_of(options)) != std::string::npos);
}

TEST_CASE("databases of one Redis are apart", "[contract][redis]") {
  auto options = OnRedis::shared_server().options();
  redis::Client zero(options, 1);
  options.database = 3;
  redis::Client three(options, 1);
  const auto key = "database-test";
  REQUIRE(three.call({"SET", key, "three"}));
  CHECK(zero.call({"EXISTS", key}).value().value().number() == 0);
  CHECK(three.call({"GET", key}).value().value().text() == "three");
}

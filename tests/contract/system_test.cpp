// Which system a CTL is of, that systems which use one Redis never meet, and what an earlier
// version left there.
#include <algorithm>
#include <chrono>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include <catch2/catch_all.hpp>

#include <troupe/model.hpp>
#include "runtime/host/upgrade.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/redis/client.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/on_redis.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

const Token ordering = Token::parse("ordering").value();
const Token inventory = Token::parse("inventory").value();

Instance order(const Token& context) {
  return {context, Token::parse("order").value(), Token::parse("o-1").value()};
}

std::optional<std::string> snapshot(Snapshots& snapshots, const Subject& instance) {
  std::promise<Result<std::optional<Snapshot>>> promise;
  snapshots.get(instance, [&](auto found) { promise.set_value(std::move(found)); });
  const auto found = promise.get_future().get().value();
  return found ? std::optional(found->bytes) : std::nullopt;
}

/// The stores of one system in a Redis.
struct Stores {
  Stores(const redis::RedisOptions& options, const std::string& system)
      : views(options, redis::Keys(system)),
        snapshots(options, redis::Keys(system)),
        leases(options, redis::Keys(system), "node-1"),
        marks(options, redis::Keys(system)) {}

  redis::RedisViewStore views;
  redis::RedisSnapshots snapshots;
  redis::RedisLeases leases;
  redis::RedisHighWaterMarks marks;
};

std::set<std::string> all_keys(const redis::RedisOptions& options) {
  redis::Client client(options, 1);
  std::set<std::string> keys;
  const auto reply = client.call({"KEYS", "*"}).value();
  for (const auto& key : reply.value().elements()) keys.emplace(*key.text());
  return keys;
}

}  // namespace

TEST_CASE("system: of many nodes that start at once one decides which it is",
          "[contract][system]") {
  NatsServer server;
  const auto connection = server.connect();
  or_throw(nats::ensure_streams(*connection, ordering, 1));
  const auto before = nats::find_system(*connection);
  REQUIRE_FALSE(before);
  CHECK_FALSE(before.error().retryable);
  CHECK_THAT(before.error().what, ContainsSubstring("start a node"));

  constexpr std::size_t nodes = 8;
  std::vector<std::string> agreed(nodes);
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < nodes; ++i)
    threads.emplace_back([&, i] {
      const auto mine = server.connect();
      agreed[i] = nats::agree_on_system(*mine, nats::new_system("n" + std::to_string(i))).value();
    });
  threads.clear();
  CHECK(std::set(agreed.begin(), agreed.end()).size() == 1);
  CHECK(is_token(agreed.front()));
  CHECK(nats::find_system(*connection) == agreed.front());
  CHECK(nats::agree_on_system(*connection, nats::new_system("late")) == agreed.front());
}

TEST_CASE("system: a CTL that was created anew is another system's, unless this node is its first",
          "[contract][system]") {
  NatsServer server;
  const auto connection = server.connect();
  or_throw(nats::ensure_streams(*connection, ordering, 1));
  const nats::SystemId mine = nats::new_system("n1");
  nats::JetStreamClaims claims(*connection, mine);
  REQUIRE(claims.agree_on_slots(64) == 64);
  REQUIRE(nats::find_system(*connection) == mine.id);

  const auto lose_control = [&] {
    REQUIRE(nats::ask_api_and_wait(*connection, "STREAM.DELETE.CTL", {}));
    or_throw(nats::ensure_streams(*connection, ordering, 1));
  };
  lose_control();
  CHECK(claims.agree_on_slots(64) == 64);
  CHECK(nats::find_system(*connection) == mine.id);

  lose_control();
  REQUIRE(nats::agree_on_system(*connection, nats::new_system("n2")).value() != mine.id);
  const auto another = claims.agree_on_slots(64);
  REQUIRE_FALSE(another);
  CHECK_FALSE(another.error().retryable);
  CHECK_THAT(another.error().what, ContainsSubstring("restart it"));
}

TEST_CASE("system: what is no record of a system is said so", "[contract][system]") {
  NatsServer server;
  const auto connection = server.connect();
  or_throw(nats::ensure_streams(*connection, ordering, 1));
  REQUIRE(connection->request_and_wait("ctl.system", {}, "\xff\xff", 5s).status
          == nats::Reply::Status::answered);
  const auto system = nats::agree_on_system(*connection, nats::new_system("n1"));
  REQUIRE_FALSE(system);
  CHECK_FALSE(system.error().retryable);
  CHECK_THAT(system.error().what, ContainsSubstring("ctl.system"));
}

TEST_CASE("system: two that use one Redis see nothing of each other", "[contract][system][redis]") {
  RedisServer server;
  Stores a(server.options(), "a");
  Stores b(server.options(), "b");
  const ViewName view{ordering, Token::parse("orders").value()};
  const auto subject = Subject::events(order(ordering));
  REQUIRE(a.views.apply(view, 0, 7, {{"o-1", "a's"}}).value().written);
  a.snapshots.put(subject, {.version = 3, .bytes = "a's"});
  REQUIRE(snapshot(a.snapshots, subject) == "a's");
  REQUIRE(a.leases.hold(ordering, {1, 2}, {}, 60s).value().size() == 2);
  REQUIRE(a.leases.beat(ordering, {}, {}).value().size() == 1);
  REQUIRE(a.marks.raise(ordering, "EVT_ORDERING", {Instant(1ns), 7, "hash"}));

  CHECK(b.views.checkpoint(view).value() == 0);
  CHECK(b.views.rows(view, {"o-1"}).value().rows.empty());
  CHECK(b.views.all(view).value().rows.empty());
  CHECK_FALSE(snapshot(b.snapshots, subject));
  CHECK(b.leases.hold(ordering, {1, 2}, {}, 60s).value().size() == 2);
  CHECK(b.leases.beat(ordering, {}, {}).value().size() == 1);
  CHECK_FALSE(b.marks.find(ordering, "EVT_ORDERING").value());
  REQUIRE(b.views.clear(view));
  CHECK(a.views.checkpoint(view).value() == 7);
  for (const auto& key : all_keys(server.options()))
    CHECK((key.starts_with("troupe:a:") || key.starts_with("troupe:b:")));
}

TEST_CASE("system: what an earlier version left goes, where it is surely this system's",
          "[contract][system][redis]") {
  RedisServer redis_server;
  const auto options = redis_server.options();
  redis::Client client(options, 1);
  OnJetStream log;  // its context has never been served
  const auto context = log.context();
  const auto stream = stream_name(StreamKind::events, context);
  const Instant accepted_at = std::chrono::system_clock::now();
  REQUIRE(log.inspector().accept(
      stream,
      {.created = accepted_at, .last_sequence = 3, .accepted_at = accepted_at, .accepted_by = "n1"},
      StreamInspector::Record::first));

  const bool ours = GENERATE(true, false);
  redis::RedisHighWaterMarks old(options, redis::Keys::without_system());
  REQUIRE(old.raise(context, stream, {ours ? accepted_at : accepted_at + 1ns, 12, "of 12"}));
  REQUIRE(old.raise(context, control_stream, {accepted_at, 5, "of 5"}));
  const auto unit = "troupe:{" + context.str();
  std::vector<std::string> left{unit + ".orders}:rows", unit + ".orders}:checkpoint",
                                unit + "}:slot:3", unit + "}:members"};
  for (int i = 0; i < 2'500; ++i)
    left.push_back("troupe:snapshot:evt." + context.str() + ".order.o-" + std::to_string(i));
  for (const auto& key : left) REQUIRE(client.call({"SET", key, "old"}));
  const std::set<std::string> others{
      "somebody:else", "troupe:{" + context.str() + "-b}:members", "troupe:{inventory.stock}:rows",
      "troupe:snapshot:evt.inventory.stock.mug", "troupe:s-1:{" + context.str() + ".orders}:rows"};
  for (const auto& key : others) REQUIRE(client.call({"SET", key, "not old"}));
  const auto before = all_keys(options);

  redis::RedisHighWaterMarks marks(options, redis::Keys("s-1"));
  ContextModel model;
  model.name = context.str();
  host::remove_what_earlier_versions_left(options, log.inspector(), marks, {model});
  if (!ours) {
    CHECK(all_keys(options) == before);
    return;
  }
  auto expected = others;
  expected.insert("troupe:s-1:{" + context.str() + "}:log-mark");
  CHECK(all_keys(options) == expected);
  CHECK(marks.find(context, stream).value()->sequence == 12);
  CHECK(marks.find(context, control_stream).value()->hash == "of 5");
  host::remove_what_earlier_versions_left(options, log.inspector(), marks, {model});
  CHECK(all_keys(options) == expected);
}

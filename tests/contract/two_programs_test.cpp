// Nodes of two programs with one context, on real servers: what only one of them knows.
#include <set>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/host/node.hpp"
#include "runtime/nats/requests/command_client.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "tests/contract/on_redis.hpp"
#include "tests/unit/engine/bank.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

struct Servers {
  NatsServer nats;
  RedisServer redis;
  std::unique_ptr<nats::Connection> client = nats.connect("client");

  std::unique_ptr<host::Node> node(const std::string& name, ContextModel model) {
    const host::Program program{.contexts = {std::move(model)}};
    auto config = or_throw(host::parse_config("", "defaults", program));
    config.name = name;
    config.contexts = {"example"};
    config.health.clear();
    config.nats_url = nats->url();
    config.redis_url = redis->url();
    return or_throw(host::Node::start(std::move(config), program, [](auto) { return true; }));
  }

  nats::ClientReply send(const std::string& command, int i) {
    return ask("cmd.example.account.a-" + std::to_string(i) + "." + command);
  }
  /// Of a command to instances in many slots.
  std::set<int> codes(const std::string& command) {
    std::set<int> codes;
    for (int i = 0; i < 50; ++i) codes.insert(send(command, i).code);
    return codes;
  }
  nats::ClientReply ask(const std::string& subject) {
    return nats::read_client_reply(client->request_and_wait(subject, {}, "{}", 5s));
  }
};

ContextModel without_withdrawals() {
  auto model = model_of<engine::test::Bank>();
  model.aggregates.front().commands.erase("WithdrawMoney");
  return model;
}

}  // namespace

TEST_CASE("two programs: a command that one of them does not know is 503 only while both run",
          "[contract][programs]") {
  Servers servers;
  auto earlier = servers.node("n1", without_withdrawals());
  const auto refused = servers.send("WithdrawMoney", 0);
  CHECK(refused.code == 404);
  CHECK_THAT(refused.text, ContainsSubstring("WithdrawMoney") && ContainsSubstring("example"));

  auto later = servers.node("n2", model_of<engine::test::Bank>());
  // Either may take it, and both have heard of each other.
  REQUIRE(eventually(10s, [&] { return servers.codes("EatMoney") == std::set{503}; }));
  const auto known_to_one = servers.codes("WithdrawMoney");
  CHECK(known_to_one.contains(503));
  CHECK_FALSE(known_to_one.contains(404));
  CHECK(servers.ask("qry.example.Weather").code == 503);

  earlier->stop();
  CHECK(eventually(10s, [&] { return servers.codes("WithdrawMoney") == std::set{200}; }));
  CHECK(eventually(10s, [&] { return servers.codes("EatMoney") == std::set{404}; }));
  CHECK(servers.ask("qry.example.Weather").code == 404);
}

// What somebody else wrote into the log of a running system: nothing ends, nothing else stops, and
// an operator's decision mends what did.
#include <csignal>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "inventory/v1/commands.pb.h"
#include "inventory/v1/events.pb.h"
#include "inventory/v1/rows.pb.h"
#include "runtime/curl/http.hpp"
#include "runtime/nats/client/connection.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/raw_nats.hpp"
#include "tests/support/system.hpp"
#include "troupe/v1/commit.pb.h"

namespace {

using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using troupe::nats::Connection;
using troupe::nats::Reply;
using troupe::test::eventually;
using troupe::test::Ran;
using troupe::test::RawNats;
using troupe::test::run_shop;
using troupe::test::System;

constexpr auto patience = 20s;

/// A commit of an instance, as far as it names one.
std::string commit_of(const std::string& context, const std::string& aggregate,
                      const std::string& id, std::uint64_t version = 1) {
  troupe::v1::Commit commit;
  commit.set_context(context);
  commit.set_aggregate(aggregate);
  commit.set_id(id);
  commit.set_first_version(version);
  commit.set_command_id("by-hand");
  commit.set_command_type("ReceiveStock");
  commit.set_command_hash(std::string(32, 'h'));
  commit.mutable_committed_at()->set_seconds(1'790'000'000);
  inventory::v1::StockReceived received;
  received.set_reference("by-hand");
  received.set_quantity(1'000);
  commit.add_events()->PackFrom(received);
  return commit.SerializeAsString();
}

/// A node with ordering and inventory, and whoever talks to it.
class Shop {
public:
  Shop() {
    start();
    connection_ = *Connection::open({.url = system_.nats().url(), .name = "client"});
  }

  void start() { system_.start_node("node-1", {"ordering", "inventory"}); }
  void restart() {
    system_.node("node-1").signal(SIGKILL);
    system_.node("node-1").wait(patience);
    start();
  }
  bool runs() { return !system_.node("node-1").wait(0ms).has_value(); }
  std::string log() { return system_.node_log("node-1"); }

  /// Stores a message past the node; returns its sequence.
  std::uint64_t write(const std::string& subject, const std::string& body,
                      const std::string& headers = {}) {
    return RawNats(system_.nats().url()).store(subject, body, headers);
  }

  Reply send(const std::string& command, const std::string& body) {
    return connection_->request_and_wait("cmd." + command, {}, body, 10s);
  }
  bool accepts(const std::string& command, const std::string& body) {
    const auto reply = send(command, body);
    return reply.status == Reply::Status::answered
           && !reply.message.header("Nats-Service-Error-Code");
  }
  bool places(const std::string& order, const std::string& article = "tea") {
    return accepts("ordering.order." + order + ".PlaceOrder",
                   R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":")" + article
                       + R"(","quantity":1,"unitPriceMinor":"799"}]})");
  }
  bool receives(const std::string& article, int quantity) {
    return accepts("inventory.stock." + article + ".ReceiveStock",
                   R"({"reference":"note","quantity":)" + std::to_string(quantity) + "}");
  }

  /// What the view says of an article; null when it is not known.
  json stock(const std::string& article) {
    const auto reply = connection_->request_and_wait("qry.inventory.GetStock", {},
                                                     R"({"articleId":")" + article + "\"}", 5s);
    if (reply.status != Reply::Status::answered) return nullptr;
    return json::parse(reply.message.body(), nullptr, false);
  }
  bool shows(const std::string& article, const std::string& field, int value) {
    return eventually(patience, [&] {
      const auto row = stock(article);
      return row.is_object() && row.value(field, std::string("0")) == std::to_string(value);
    });
  }
  bool has_order(const std::string& order) {
    return eventually(patience, [&] {
      const auto reply = connection_->request_and_wait("qry.ordering.GetOrder", {},
                                                       R"({"orderId":")" + order + "\"}", 5s);
      return reply.status == Reply::Status::answered
             && !reply.message.header("Nats-Service-Error-Code");
    });
  }
  std::uint64_t parked() { return info("DLQ_INVENTORY").at("state").at("messages"); }
  /// Of consumers on the stream, that are not at its end.
  bool consumers_are_through(const std::string& stream) {
    return eventually(patience, [&] {
      const auto list = ask("$JS.API.CONSUMER.LIST." + stream);
      for (const auto& one : list.at("consumers"))
        if (one.value("num_pending", 1) + one.value("num_ack_pending", 1) != 0) return false;
      return true;
    });
  }
  std::string readiness() {
    const auto response = troupe::curl::http_get(system_.health_url("node-1") + "/readyz", 2s);
    return response ? std::to_string(response->status) + " " + response->body : "";
  }

  Ran skip(const std::string& context, std::uint64_t sequence, const std::string& reason = {}) {
    std::vector<std::string> arguments{
        "skip",   "--context",          context,   "--sequence",         std::to_string(sequence),
        "--nats", system_.nats().url(), "--redis", system_.redis().url()};
    if (!reason.empty()) arguments.insert(arguments.end(), {"--reason", reason});
    return run_shop(arguments);
  }
  Ran state(const std::string& instance) {
    return run_shop({"state", instance, "--nats", system_.nats().url()});
  }

private:
  json ask(const std::string& subject) {
    return json::parse(connection_->request_and_wait(subject, {}, "", 5s).message.body());
  }
  json info(const std::string& stream) { return ask("$JS.API.STREAM.INFO." + stream); }

  System system_;
  std::unique_ptr<Connection> connection_;
};

/// Under evt.ordering., what somebody else may write there, and with which headers.
struct Foreign {
  std::string subject;
  std::string body;
  std::string headers;
};
const std::vector<Foreign> foreign_messages{
    {"order.x-1", "", ""},
    {"order.x-2", "\xff\xff\xff", ""},
    {"order.x-3", "{\"error\":\"no\"}", ""},
    {"order.a$b", commit_of("ordering", "order", "a$b"), ""},
    {"order.\x01\xfe", "x", ""},
    {"order.*", "x", ""},
    {"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s", "x", ""},
    {"order", "x", ""},
    {std::string(3'800, 'x'), "x", ""},
    {"order.x-4", commit_of("", "", ""), ""},
    {"order.x-5", commit_of("ordering", "order", "not me"), ""},
    {"order.x-6", commit_of("ordering", "order", "somebody-else"), ""},
    {"order.x-7", commit_of("ordering", "order", "x-7", UINT64_MAX), ""},
    {"order.x-8", "x", "Nats-Pin-Id: mine\r\nStatus: 404\r\nNats-Sequence: 1"},
    {"order.x-9", "x", "this is no header"},
};

TEST_CASE("nothing that is written into the log ends a node or stops others", "[e2e][poison]") {
  Shop shop;
  REQUIRE(shop.receives("tea", 10));
  REQUIRE(shop.places("o-1"));
  REQUIRE(shop.shows("tea", "reserved", 1));
  for (const auto& [subject, body, headers] : foreign_messages)
    shop.write("evt.ordering." + subject, body, headers);
  REQUIRE(shop.places("o-2"));
  CHECK(shop.shows("tea", "reserved", 2));
  CHECK(shop.runs());
  CHECK(shop.parked() == foreign_messages.size());

  shop.restart();
  REQUIRE(shop.places("o-3"));
  CHECK(shop.shows("tea", "reserved", 3));
  CHECK(shop.runs());
  CHECK(shop.consumers_are_through("EVT_ORDERING"));
}

TEST_CASE("a view that stands before a message says which one, and goes on when it is skipped",
          "[e2e][poison]") {
  Shop shop;
  REQUIRE(shop.places("o-1"));
  REQUIRE(shop.has_order("o-1"));
  std::vector<std::uint64_t> sequences;
  for (const auto& [subject, body, headers] : foreign_messages)
    sequences.push_back(shop.write("evt.ordering." + subject, body, headers));
  REQUIRE(shop.places("o-2"));
  const auto cure = "skip --context ordering --sequence " + std::to_string(sequences.front());
  REQUIRE(eventually(patience, [&] { return shop.readiness().find(cure) != std::string::npos; }));
  CHECK_THAT(shop.readiness(), Catch::Matchers::StartsWith("200"));

  for (const auto sequence : sequences) {
    INFO(sequence);
    const auto shown = shop.skip("ordering", sequence);
    CHECK(shown.code == 0);
    CHECK_THAT(shown.out, ContainsSubstring("it is no commit"));
    const auto skipped = shop.skip("ordering", sequence, "somebody played with it");
    INFO(skipped.err);
    CHECK(skipped.code == 0);
  }
  CHECK(shop.has_order("o-2"));
  CHECK(eventually(patience, [&] { return shop.parked() == 0; }));
  CHECK(eventually(patience, [&] { return shop.readiness().find("skip") == std::string::npos; }));
  CHECK_THAT(shop.skip("ordering", sequences.front()).out,
             ContainsSubstring("somebody played with it"));
  shop.restart();
  REQUIRE(shop.places("o-3"));
  CHECK(shop.has_order("o-3"));
  CHECK(shop.parked() == 0);
}

TEST_CASE("an article whose log cannot be read stops no other, and is back when that is skipped",
          "[e2e][poison]") {
  Shop shop;
  REQUIRE(shop.receives("tea", 1'000));
  REQUIRE(shop.receives("mug", 1'000));
  const auto headers = GENERATE(as<std::string>{}, "", "Status: 503\r\nNats-Sequence: 9999999",
                                "Nats-Expected-Last-Subject-Sequence: 0\r\n"
                                "Nats-Expected-Last-Subject-Sequence-Subject: evt.inventory.no");
  const auto sequence = shop.write("evt.inventory.stock.mug", "{}", headers);
  CHECK_FALSE(shop.receives("mug", 1));  // it learns of it
  const auto refused =
      shop.send("inventory.stock.mug.ReceiveStock", R"({"reference":"n","quantity":1})");
  CHECK(refused.message.header("Nats-Service-Error-Code") == "503");
  CHECK_THAT(
      std::string(refused.message.header("Nats-Service-Error").value_or("")),
      ContainsSubstring("log.unreadable")
          && ContainsSubstring("skip --context inventory --sequence " + std::to_string(sequence)));
  // More than a consumer may have in flight.
  constexpr int dead_orders = 300;
  for (int i = 0; i < dead_orders; ++i) REQUIRE(shop.places("dead-" + std::to_string(i), "mug"));
  REQUIRE(shop.places("o-1"));
  CHECK(eventually(patience, [&] {
    return shop.state("inventory.stock.tea").out.find("ReserveStock") != std::string::npos;
  }));
  CHECK(shop.state("inventory.stock.mug").code == 1);

  REQUIRE(shop.skip("inventory", sequence, "an accident").code == 0);
  CHECK(eventually(patience, [&] { return shop.receives("mug", 1); }));
  CHECK(shop.shows("mug", "reserved", dead_orders));
  CHECK(shop.shows("tea", "reserved", 1));
  CHECK(eventually(patience, [&] { return shop.parked() == 0; }));
  const auto state = shop.state("inventory.stock.mug");
  CHECK(state.code == 0);
  CHECK_THAT(state.out, ContainsSubstring("sequence " + std::to_string(sequence) + " is skipped"));
}

TEST_CASE("a commit that its instance cannot have recorded is taken out of the views, too",
          "[e2e][poison]") {
  Shop shop;
  REQUIRE(shop.receives("tea", 10));
  const auto sequence =
      shop.write("evt.inventory.stock.tea", commit_of("inventory", "stock", "tea", 2));
  REQUIRE(shop.shows("tea", "received", 1'010));
  CHECK_FALSE(shop.receives("tea", 5));
  const auto skipped = shop.skip("inventory", sequence, "it is not ours");
  INFO(skipped.out << skipped.err);
  REQUIRE(skipped.code == 0);
  CHECK_THAT(skipped.out, ContainsSubstring("does not follow the commit before it")
                              && ContainsSubstring("view inventory.stock: cleared"));
  REQUIRE(eventually(patience, [&] { return shop.receives("tea", 5); }));
  CHECK(shop.shows("tea", "received", 15));
}

TEST_CASE("skip refuses what everybody can read, and says what is wrong with its arguments",
          "[e2e][poison][cli]") {
  Shop shop;
  REQUIRE(shop.receives("tea", 10));
  const auto sound = shop.skip("inventory", 1, "I do not like it");
  CHECK(sound.code == 1);
  CHECK_THAT(sound.err, ContainsSubstring("nothing to skip"));
  const auto beyond = shop.skip("inventory", 7, "it is not there");
  CHECK(beyond.code == 2);
  CHECK_THAT(beyond.err, ContainsSubstring("EVT_INVENTORY has the sequences 1 to 1"));
  CHECK(shop.skip("inventory", 0, "none").code == 2);
  const auto nobody = run_shop({"skip", "--context", "cooking", "--sequence", "1"});
  CHECK(nobody.code == 2);
  CHECK_THAT(nobody.err, ContainsSubstring("cooking"));
  CHECK(run_shop({"skip"}).code == 2);
}

}  // namespace

// Nobody makes a node or a tool write anywhere but to an inbox, on a real nats-server.
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/requests/slot_owners.hpp"
#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/ingress_bench.hpp"
#include "tests/support/raw_nats.hpp"
#include "tools/shop/sim/gateway_service.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Kind = nats::ClientReply::Kind;

namespace {

/// Every subject on which something was published.
class Everything {
public:
  explicit Everything(nats::Connection& connection)
      : subscribed_(or_throw(connection.subscribe(">", {}, [this](const nats::Received& message) {
          const std::lock_guard lock(mutex_);
          subjects_.emplace(message.subject());
        }))) {}

  bool has(const std::string& subject) const {
    const std::lock_guard lock(mutex_);
    return subjects_.contains(subject);
  }

private:
  mutable std::mutex mutex_;
  std::set<std::string> subjects_;
  std::unique_ptr<nats::Connection::Subscribed> subscribed_;  // last: its handler uses the others
};

/// What the pinned puller of a stream's consumers asks with.
class Pulls {
public:
  struct Pull {
    std::string inbox;
    std::string pin;
  };

  Pulls(nats::Connection& connection, const std::string& stream)
      : subscribed_(or_throw(connection.subscribe(
          "$JS.API.CONSUMER.MSG.NEXT." + stream + ".*", {}, [this](const nats::Received& pull) {
            const auto pin = nlohmann::json::parse(pull.body()).value("id", std::string());
            const std::lock_guard lock(mutex_);
            if (!pin.empty()) last_ = {std::string(pull.reply()), pin};
          }))) {}

  Pull last_pinned() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

private:
  mutable std::mutex mutex_;
  Pull last_;
  std::unique_ptr<nats::Connection::Subscribed> subscribed_;  // last: its handler uses the others
};

/// Where a node must not write, and what no client library sends. The server itself takes no reply
/// below $JS.ACK, _R_ or _GR_ from a client.
const std::vector<std::string> no_inboxes = {
    "$JS.API.STREAM.DELETE.EVT_PAYMENTS",
    "$SRV.PING",
    "evt.inventory.stock.mug",
    "ctl.layout",
    "ctl.incarnation.EVT_ORDERING",
    "cmd.ordering.order.o-1.CancelOrder",
    "tmr.ordering.fired.order.o-1.deadline",
    "dlq.ordering.c.evt.ordering.order.o-1",
    "slot.ordering.1.cmd.ordering.order.o-1.CancelOrder",
    "_INBOX",
    "_INBOXES.a",
    "_INBOX..a",
    "_INBOX.a.",
    "_INBOX.>",
    "_INBOX.*.a",
    "_INBOX." + std::string(2'000, 'x'),
    "\x01",
    "_INBOX.\x01",
    "_INBOX.a\x7f",
    "_INBOX.\x0b.a",
    "_INBOX.\x1b[2J",
};

}  // namespace

TEST_CASE("inboxes: whoever asks for an answer elsewhere is not heard, whatever it asks",
          "[contract][inboxes]") {
  IngressBench bench;
  const Instance instance{*Token::parse(bench.context), *Token::parse("order"),
                          *Token::parse("o-1")};
  const auto slot = slot_of(instance, slots_default);
  REQUIRE(bench.ingress().open(instance.context, slot));
  const std::vector<std::string> ways = {
      bench.command_subject(place),
      bench.command_subject("order.o-1.NoSuchCommand"),
      bench.query_subject("OrderStatus"),
      bench.query_subject("NoSuchQuery"),
      Subject::slot_command(slot, instance, *Token::parse("PlaceOrder")).str(),
      "$SRV.PING",
      "$SRV.INFO." + bench.context};
  const Everything published(bench.client());
  RawNats raw(OnJetStream::shared_server()->url());
  for (const auto& way : ways)
    for (const auto& reply : no_inboxes) raw.publish(way, reply, protobuf_body());
  raw.flush();

  const auto refused = ways.size() * no_inboxes.size();
  CHECK(eventually(10s, [&] { return bench.ingress().stats().reply_subjects_refused == refused; }));
  CHECK(bench.bus.commands().empty());
  CHECK(bench.bus.queries().empty());
  require_works(bench);  // and its answer comes behind whatever was published before
  for (const auto& reply : no_inboxes) {
    INFO(reply);
    CHECK(published.has(reply) == (reply == "$SRV.PING"));  // which the test itself sends
  }
}

TEST_CASE("inboxes: further ones are answered where they are configured", "[contract][inboxes]") {
  IngressBench bench(nats::IngressOptions::commands_max_default, {"clients.inboxes", "_INBOX_b"});
  const Everything published(bench.client());
  RawNats raw(OnJetStream::shared_server()->url());
  const std::vector<std::string> good = {"_INBOX.a", "clients.inboxes.a", "_INBOX_b.\xc3\xb6"};
  for (const auto& reply : good) raw.publish(bench.command_subject(place), reply, protobuf_body());
  raw.publish(bench.command_subject(place), "clients.outbox.a", protobuf_body());
  raw.flush();
  for (const auto& reply : good) {
    INFO(reply);
    CHECK(eventually(10s, [&] { return published.has(reply); }));
  }
  CHECK(eventually(10s, [&] { return bench.ingress().stats().reply_subjects_refused == 1; }));
}

TEST_CASE("inboxes: a node with a prefix of its own forwards to one that knows it",
          "[contract][inboxes]") {
  IngressBench owner(nats::IngressOptions::commands_max_default, {"_INBOX_node-1"});
  const Instance instance{*Token::parse(owner.context), *Token::parse("order"),
                          *Token::parse("o-1")};
  const auto slot = slot_of(instance, slots_default);
  REQUIRE(owner.ingress().open(instance.context, slot));
  const auto forwarding = or_throw(nats::Connection::open(
      {.url = OnJetStream::shared_server()->url(), .name = "n", .inbox_prefix = "_INBOX_node-1"}));
  CHECK(forwarding->new_inbox().starts_with("_INBOX_node-1."));
  const auto reply = nats::read_client_reply(forwarding->request_and_wait(
      Subject::slot_command(slot, instance, *Token::parse("PlaceOrder")).str(), {}, protobuf_body(),
      5s));
  CHECK(reply.kind == Kind::accepted);
}

TEST_CASE("inboxes: whoever sees some of a connection's cannot guess another",
          "[contract][inboxes]") {
  NatsServer server;
  const auto serving = server.connect();
  const auto asking = server.connect();
  std::vector<std::string> replies;
  const auto subscribed =
      or_throw(serving->subscribe("seen", {}, [&](const nats::Received& message) {
        replies.emplace_back(message.reply());
        (void)serving->publish(message.reply(), {}, "");
      }));
  for (int i = 0; i < 300; ++i)
    REQUIRE(asking->request_and_wait("seen", {}, "", 5s).status == nats::Reply::Status::answered);

  std::set<std::uint64_t> numbers;
  for (const auto& reply : replies) numbers.insert(std::stoull(reply.substr(reply.rfind('.') + 1)));
  CHECK(numbers.size() == replies.size());
  // Of 300 numbers by chance none is below a millionth of them all, and none is near another.
  CHECK(*numbers.begin() > UINT64_MAX / 1'000'000'000);
  for (auto number = std::next(numbers.begin()); number != numbers.end(); ++number)
    CHECK(*number - *std::prev(number) > 1'000'000);

  const auto base = replies.front().substr(0, replies.front().rfind('.'));
  const auto own = asking->new_inbox();
  CHECK_FALSE(own.starts_with(base));
  CHECK(own != asking->new_inbox());
}

TEST_CASE("inboxes: a forged delivery is acknowledged nowhere but at its own consumer",
          "[contract][inboxes]") {
  OnJetStream backend;
  const auto stream = stream_name(StreamKind::events, backend.context());
  const std::string durable = "payments-from-ordering";
  const auto watching = OnJetStream::shared_server().connect("watching");
  const Pulls pulls(*watching, stream);
  const Everything published(*watching);
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription =
      backend.subscriptions().events(backend.context(), *Token::parse(durable), 10, handler);
  const Instance instance{backend.context(), *Token::parse("order"), *Token::parse("o-1")};
  backend.log().append(Subject::events(instance), 0, {"commit"}, [](const AppendResult&) {});
  REQUIRE(handler.wait_for_bytes("commit"));

  RawNats raw(OnJetStream::shared_server()->url());
  std::string forged_at;
  for (const std::string reply :
       {"evt.inventory.stock.mug", "$JS.API.STREAM.DELETE.EVT_PAYMENTS", "_INBOX.a", "\x01"}) {
    INFO(reply);
    const auto activations = handler.activations();
    REQUIRE(eventually(10s, [&] { return pulls.last_pinned().inbox != forged_at; }));
    const auto pull = pulls.last_pinned();
    forged_at = pull.inbox;
    raw.publish(pull.inbox, reply, "forged", "Nats-Pin-Id: " + pull.pin);
    raw.flush();
    CHECK(handler.wait_for_activations(activations + 1));  // it starts over
    CHECK_FALSE(published.has(reply));
  }
  for (const auto& delivery : handler.current()) CHECK(delivery.bytes != "forged");
}

TEST_CASE("inboxes: the simulated gateway writes to no other subject either",
          "[contract][inboxes]") {
  NatsServer server;
  const auto connection = server.connect("gateway");
  const auto client = server.connect("client");
  const auto gateway = or_throw(tool::Gateway::open({}, std::nullopt));
  const auto service = or_throw(tool::GatewayService::start(*connection, *gateway));
  const Everything published(*client);
  RawNats raw(server->url());
  for (const auto& reply : no_inboxes)
    for (const auto* way : {"gateway.payments.gateway-authorize", "$SRV.INFO.gateway"})
      raw.publish(way, reply, "");
  raw.flush();
  const auto asked = client->request_and_wait("gateway.payments.gateway-authorize", {}, "", 5s);
  CHECK(asked.message.header("Nats-Service-Error-Code") == "400");
  CHECK(client->request_and_wait("$SRV.PING.gateway", {}, "", 5s).status
        == nats::Reply::Status::answered);
  for (const auto& reply : no_inboxes) {
    INFO(reply);
    CHECK_FALSE(published.has(reply));
  }
}

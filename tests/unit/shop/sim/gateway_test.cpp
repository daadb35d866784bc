// The simulated payment gateway.
#include "tools/shop/sim/gateway.hpp"

#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace {

using namespace troupe::tool;
using When = GatewayReply::When;
using payments::v1::GatewayRequest;

GatewayRequest request(const std::string& operation, const std::string& order,
                       const std::string& reference = {}) {
  GatewayRequest asked;
  asked.set_operation(operation);
  asked.set_order_id(order);
  asked.set_amount(500);
  asked.set_currency("GBP");
  asked.set_reference(reference);
  return asked;
}

std::unique_ptr<Gateway> gateway(GatewayOptions options) {
  auto opened = Gateway::open(options, std::nullopt);
  REQUIRE(opened);
  return std::move(*opened);
}

TEST_CASE("the same seed declines the same orders, about as many as asked for", "[gateway]") {
  const auto one = gateway({.seed = 3, .decline_rate = 0.1});
  const auto two = gateway({.seed = 3, .decline_rate = 0.1});
  int declined = 0;
  for (int i = 0; i < 2'000; ++i) {
    const auto order = "o-" + std::to_string(i);
    const auto first = one->handle("key-" + order, request("authorize", order));
    const auto second = two->handle("other-key-" + order, request("authorize", order));
    REQUIRE(first.answer.approved() == second.answer.approved());
    if (!first.answer.approved()) {
      ++declined;
      CHECK(first.answer.code() == "card_declined");
    }
  }
  CHECK(declined > 150);
  CHECK(declined < 250);
}

TEST_CASE("a repeat with the same key gets the same answer and moves nothing", "[gateway]") {
  const auto g = gateway({.decline_rate = 0});
  const auto first = g->handle("k1", request("authorize", "o"));
  const auto again = g->handle("k1", request("authorize", "o"));
  CHECK(first.answer.reference() == again.answer.reference());
  const auto reference = first.answer.reference();
  CHECK(g->handle("k2", request("capture", "o", reference)).answer.approved());
  CHECK(g->handle("k2", request("capture", "o", reference)).answer.approved());
}

TEST_CASE("one authorisation is captured and refunded at most once", "[gateway]") {
  const auto g = gateway({.decline_rate = 0});
  const auto reference = g->handle("k1", request("authorize", "o")).answer.reference();
  CHECK(g->handle("k2", request("refund", "o", reference)).answer.code() == "not_captured");
  CHECK(g->handle("k3", request("capture", "o", reference)).answer.approved());
  CHECK(g->handle("k4", request("capture", "o", reference)).answer.code() == "not_authorized");
  CHECK(g->handle("k5", request("void", "o", reference)).answer.code() == "not_authorized");
  CHECK(g->handle("k6", request("refund", "o", reference)).answer.approved());
  CHECK(g->handle("k7", request("refund", "o", reference)).answer.code() == "not_captured");
  CHECK(g->handle("k8", request("capture", "o", "auth-x")).answer.code() == "unknown_reference");
}

TEST_CASE("a key that comes back with another request is refused", "[gateway]") {
  const auto g = gateway({.decline_rate = 0});
  CHECK(g->handle("k1", request("authorize", "o")).when == When::now);
  CHECK(g->handle("k1", request("authorize", "p")).when == When::refused);
}

TEST_CASE("an answer that is lost or late comes at once when it is asked for again", "[gateway]") {
  const auto silent = gateway({.decline_rate = 0, .timeout_rate = 1});
  CHECK(silent->handle("k1", request("authorize", "o")).when == When::never);
  CHECK(silent->handle("k1", request("authorize", "o")).when == When::now);
  const auto slow = gateway({.decline_rate = 0, .late_rate = 1});
  CHECK(slow->handle("k1", request("authorize", "o")).when == When::late);
  CHECK(slow->handle("k1", request("authorize", "o")).when == When::now);
}

TEST_CASE("a gateway that is down carries out nothing", "[gateway]") {
  const TempFolder folder("troupe-gateway");
  const auto down = Gateway::open({.down = true}, folder.path());
  REQUIRE(down);
  CHECK((*down)->handle("k1", request("authorize", "o")).when == When::down);
  CHECK(read_gateway_ledger(folder.path())->empty());
}

TEST_CASE("a gateway that was restarted remembers keys and money", "[gateway]") {
  const TempFolder folder("troupe-gateway");
  std::string reference;
  {
    const auto g = Gateway::open({.decline_rate = 0}, folder.path());
    REQUIRE(g);
    reference = (*g)->handle("k1", request("authorize", "o")).answer.reference();
    CHECK((*g)->handle("k2", request("capture", "o", reference)).answer.approved());
  }
  // Another seed and rate would decline; the ledger decides.
  const auto g = Gateway::open({.seed = 99, .decline_rate = 1}, folder.path());
  REQUIRE(g);
  CHECK((*g)->handle("k1", request("authorize", "o")).answer.reference() == reference);
  CHECK((*g)->handle("k2", request("capture", "o", reference)).answer.approved());
  CHECK((*g)->handle("k3", request("capture", "o", reference)).answer.code() == "not_authorized");

  const auto ledger = read_gateway_ledger(folder.path());
  REQUIRE(ledger);
  REQUIRE(ledger->size() == 5);
  CHECK(ledger->at(2).key == "k1");
  CHECK(ledger->at(2).call == 2);
}

}  // namespace

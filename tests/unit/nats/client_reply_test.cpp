// How a client takes a node's reply, also one of an older node.
#include "runtime/nats/requests/command_client.hpp"

#include <catch2/catch_all.hpp>

#include "runtime/nats/client/message.hpp"

namespace troupe::nats {

namespace {

ClientReply read(const Headers& headers) {
  static const natsStatus opened = nats_Open(-1);
  REQUIRE(opened == NATS_OK);
  auto message = make_message("inbox", headers, "", "");
  REQUIRE(message);
  return read_client_reply({Reply::Status::answered, Received(message.release())});
}

ClientReply read_error(int code, const std::string& text, const std::string& reason = {}) {
  return read({{"Nats-Service-Error-Code", std::to_string(code)},
               {"Nats-Service-Error", text},
               {"Troupe-Reason", reason},
               {"Troupe-Node", "n1"}});
}

}  // namespace

TEST_CASE("a rejection's reason is what its header says, and the text is without it",
          "[nats][client]") {
  const auto reason = GENERATE("stock.out_of_stock", "stock:out: of stock");
  const auto reply = read_error(422, std::string(reason) + ": PlaceOrder is refused", reason);
  CHECK(reply.reason == reason);
  CHECK(reply.text == "PlaceOrder is refused");
}

TEST_CASE("a node that gives no header has the reason first in the text", "[nats][client]") {
  const auto refused = read_error(422, "stock.out_of_stock: PlaceOrder is refused");
  CHECK(refused.reason == "stock.out_of_stock");
  CHECK(refused.text == "PlaceOrder is refused");
  const auto unreadable = read_error(503, "log.unreadable: no commit at 7");
  CHECK(unreadable.reason == "log.unreadable");
  CHECK(unreadable.text == "no commit at 7");
}

TEST_CASE("what has no reason keeps its text", "[nats][client]") {
  const auto reply = read_error(503, "slot 7 has no owner: repeat it");
  CHECK(reply.reason.empty());
  CHECK(reply.text == "slot 7 has no owner: repeat it");
}

}  // namespace troupe::nats

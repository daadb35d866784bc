// What the reply subject of a delivery says.
#include "runtime/nats/jetstream/consumer_api.hpp"

#include <string>

#include <catch2/catch_all.hpp>

using namespace troupe::nats;

TEST_CASE("both forms of an acknowledgement's subject name stream, consumer and sequences",
          "[nats]") {
  const std::string subject =
      GENERATE("$JS.ACK.EVT_SHOP.shop-from-shop.1.41.7.1700000000000000000.3",
               "$JS.ACK.hub.ACCHASH.EVT_SHOP.shop-from-shop.1.41.7.1700000000000000000.3",
               "$JS.ACK.hub.ACCHASH.EVT_SHOP.shop-from-shop.1.41.7.1700000000000000000.3.token");
  const auto facts = read_ack_subject(subject);
  REQUIRE(facts);
  CHECK(facts->stream == "EVT_SHOP");
  CHECK(facts->consumer == "shop-from-shop");
  CHECK(facts->stream_sequence == 41);
  CHECK(facts->consumer_sequence == 7);
}

TEST_CASE("what is no acknowledgement's subject is none", "[nats]") {
  const std::string subject =
      GENERATE(as<std::string>{}, "", "$JS.ACK", "$JS.ACK.a.b.1.2.3.4", "$JS.API.a.b.1.2.3.4.5",
               "_INBOX.ACK.a.b.1.2.3.4.5", "$JS.ACK.a.b.1.x.3.4.5", "$JS.ACK.a.b.1.2.-3.4.5",
               "$JS.ACK.a.b.1.2.99999999999999999999.4.5", "$JS.ACK.a.b\x01.1.2.3.4.5",
               "$JS.ACK.a.b.1.2.3.4.5\x7f", "$JS.ACK.a b.c.1.2.3.4.5");
  INFO(subject);
  CHECK_FALSE(read_ack_subject(subject));
}

// Messages out of JetStream's JSON.
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/stored_message.hpp"

using namespace troupe;
using nats::from_base64;
using nlohmann::json;

TEST_CASE("base64 of every length is read, and anything else refused", "[nats]") {
  CHECK(from_base64("") == "");
  CHECK(from_base64("aA==") == "h");
  CHECK(from_base64("aGU=") == "he");
  CHECK(from_base64("aGVs") == "hel");
  CHECK(from_base64("AAA=") == std::string(2, '\0'));
  CHECK_FALSE(from_base64("aGV").has_value());
  CHECK_FALSE(from_base64("!!!!").has_value());
}

TEST_CASE("a stored message has its sequence, subject, headers and bytes", "[nats]") {
  const auto message = nats::read_stored_message(json::parse(R"({"message":{
      "subject":"evt.ordering.order.o2","seq":4,"data":"aGVsbG8=",
      "hdrs":"TkFUUy8xLjANCk5hdHMtRXhwZWN0ZWQtTGFzdC1TdWJqZWN0LVNlcXVlbmNlOiAwDQoNCg=="}})"));
  REQUIRE(message);
  CHECK(message->sequence == 4);
  CHECK(message->subject == "evt.ordering.order.o2");
  CHECK(message->body == "hello");
  CHECK(message->header("Nats-Expected-Last-Subject-Sequence") == "0");
  CHECK_FALSE(message->header("Nats-Expected").has_value());
}

TEST_CASE("a message without headers or bytes is one, without a sequence none", "[nats]") {
  const auto bare =
      nats::read_stored_message(json::parse(R"({"message":{"subject":"a","seq":1}})"));
  REQUIRE(bare);
  CHECK(bare->body.empty());
  CHECK_FALSE(bare->header("traceparent").has_value());
  CHECK_FALSE(nats::read_stored_message(json::parse(R"({"message":{"subject":"a"}})")));
  CHECK_FALSE(nats::read_stored_message(json::object()));
}

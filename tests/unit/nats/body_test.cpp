// Bodies from outside: what is taken, and what is printed.
#include "runtime/nats/wire/body.hpp"

#include <string>

#include <google/protobuf/any.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/struct.pb.h>
#include <catch2/catch_all.hpp>

#include "ordering/v1/commands.pb.h"
#include "ordering/v1/rows.pb.h"
#include "runtime/nats/wire/printing.hpp"
#include "troupe/v1/records.pb.h"

namespace {

using namespace troupe::nats;
using Catch::Matchers::ContainsSubstring;
using google::protobuf::Any;
using google::protobuf::Duration;
using google::protobuf::Struct;
using google::protobuf::Timestamp;
using ordering::v1::CustomerOrdersRow;
using ordering::v1::PlaceOrder;

std::string refusal(const google::protobuf::Message& message) {
  const auto read = read_body(message, BodyForm::protobuf, message.SerializeAsString());
  return read ? "" : read.error().what;
}

template <class T>
std::string refused_json(const std::string& body) {
  const auto read = read_body(T::default_instance(), BodyForm::json, body);
  return read ? "" : read.error().what;
}

Timestamp beyond() {
  Timestamp time;
  time.set_seconds(9'007'199'254'740);  // what 2^53 milliseconds are
  return time;
}

/// One Any around so many others.
Any nested(int depth) {
  Any any;
  any.PackFrom(PlaceOrder::default_instance());
  for (int i = 0; i < depth; ++i) {
    Any outer;
    outer.PackFrom(any);
    any = std::move(outer);
  }
  return any;
}

}  // namespace

TEST_CASE("a time or duration that cannot be printed is taken nowhere in a body", "[nats][body]") {
  CHECK_THAT(refusal(beyond()), ContainsSubstring("google.protobuf.Timestamp is no time"));
  Duration too_long;
  too_long.set_seconds(INT64_MAX);
  CHECK_THAT(refusal(too_long), ContainsSubstring("is no duration"));

  CustomerOrdersRow row;
  row.add_orders()->mutable_placed_at()->set_seconds(1'700'000'000);
  row.add_orders();
  CHECK(refusal(row).empty());
  *row.add_orders()->mutable_placed_at() = beyond();
  CHECK_THAT(refusal(row), ContainsSubstring("CustomerOrder.placed_at is no time"));

  troupe::v1::TimerRecord record;
  record.mutable_effect()->mutable_event()->PackFrom(CustomerOrdersRow::default_instance());
  CHECK(refusal(record).empty());
  *record.mutable_due() = beyond();
  CHECK_FALSE(refusal(record).empty());
  record.clear_due();
  record.mutable_effect()->mutable_event()->PackFrom(row);
  CHECK_FALSE(refusal(record).empty());
}

TEST_CASE("nothing else is taken that has no JSON", "[nats][body]") {
  google::protobuf::Value nan;
  nan.set_number_value(std::numeric_limits<double>::quiet_NaN());
  CHECK(refusal(nan).empty() == print_json(nan, {}).has_value());
  Any unknown;
  unknown.set_type_url("type.googleapis.com/no.such.Type");
  CHECK(refusal(unknown).empty() == print_json(unknown, {}).has_value());
  CHECK(refusal(nested(any_depth_max - 1)).empty());
  CHECK_FALSE(refusal(nested(any_depth_max)).empty());
  CHECK_FALSE(refusal(nested(2'000)).empty());
}

TEST_CASE("what cannot be printed is a failure", "[nats][body]") {
  CustomerOrdersRow row;
  *row.add_orders()->mutable_placed_at() = beyond();
  const auto printed = write_body(row, BodyForm::json);
  REQUIRE_FALSE(printed);
  CHECK_FALSE(printed.error().retryable);
  CHECK_THAT(printed.error().what, ContainsSubstring("CustomerOrdersRow cannot be written"));
  CHECK(write_body(row, BodyForm::protobuf));
  CHECK_FALSE(write_body(nested(2'000), BodyForm::json));
  row.mutable_orders(0)->clear_placed_at();
  CHECK(write_body(row, BodyForm::json));
}

TEST_CASE("a key that stands twice in one object is refused", "[nats][body]") {
  CHECK_THAT(refused_json<PlaceOrder>(R"({"currency":"GBP","currency":"EUR"})"),
             ContainsSubstring("the field currency stands twice"));
  CHECK_THAT(refused_json<PlaceOrder>(R"({"currency":"GBP","currency":null})"),
             ContainsSubstring("currency"));
  const std::string two_prices = GENERATE(R"("unitPriceMinor":"799","unit_price_minor":"1")",
                                          R"("unit_price_minor":"1","unitPriceMinor":"799")",
                                          R"("unitPriceMinor":"799","unitPriceMinor":"799")",
                                          R"("unitPriceMinor":"799","unitPrice\u004dinor":"1")");
  CHECK_THAT(refused_json<PlaceOrder>(R"({"lines":[{},{"articleId":"mug",)" + two_prices + "}]}"),
             ContainsSubstring("the field unit_price_minor stands twice"));
  CHECK_THAT(refused_json<PlaceOrder>(R"({"lines":[],"currency":"GBP","lines":[{}]})"),
             ContainsSubstring("lines"));
  CHECK_THAT(refused_json<CustomerOrdersRow>(
                 R"({"orders":[{"total":{"currency":"GBP","currency":"EUR"}}]})"),
             ContainsSubstring("currency"));
}

TEST_CASE("keys of maps and of free objects are compared as they are", "[nats][body]") {
  CHECK(refused_json<Struct>(R"({"a_b":1,"aB":2,"c":{"a_b":[{"x":1},{"x":2}],"aB":{"x":1}}})")
            .empty());
  CHECK_THAT(refused_json<Struct>(R"({"c":[{"a":1,"b":{},"a":2}]})"),
             ContainsSubstring("'a' stands twice"));
}

TEST_CASE("one key in several objects is several keys", "[nats][body]") {
  CHECK(refused_json<PlaceOrder>(
            R"({"lines":[{"articleId":"a","quantity":1},{"article_id":"b","quantity":1}]})")
            .empty());
  CHECK(refused_json<CustomerOrdersRow>(
            R"({"customerId":"c","orders":[{"orderId":"1","total":{"currency":"GBP"}},
                {"orderId":"2","total":{"currency":"GBP"},"placedAt":"2026-01-01T00:00:00Z"}]})")
            .empty());
}

TEST_CASE("what is no JSON of the message is refused in one sentence", "[nats][body]") {
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[1]"), std::string("{'a':1}"),
        std::string("{\"currency\":\"GBP\",}"), std::string("{\"nosuch\":1}"),
        std::string("{\"lines\":1e999}"), std::string("{\"currency\":\"\xc3\x28\"}"),
        std::string(200'000, '['), R"({"lines":)" + std::string(200'000, '[') + "}",
        std::string("{\"\\u0000\\n\":1}")}) {
    const auto what = refused_json<PlaceOrder>(body);
    INFO(what);
    CHECK_THAT(what, ContainsSubstring("The body is not the JSON of a ordering.v1.PlaceOrder: "));
    CHECK(what.size() < 300);
    CHECK(what.find('\n') == std::string::npos);
  }
}

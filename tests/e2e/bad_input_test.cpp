// What a real node answers to what nobody should send: one sentence, the right code, nothing
// appended, and nobody else notices.
#include <functional>

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include "ordering/v1/commands.pb.h"
#include "ordering/v1/rows.pb.h"
#include "runtime/curl/http.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/subject.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/raw_nats.hpp"
#include "tests/support/system.hpp"

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using troupe::nats::Connection;
using troupe::nats::Headers;
using troupe::nats::Reply;
using troupe::test::System;

constexpr auto patience = 10s;

const std::string good_lines =
    R"("lines":[{"articleId":"mug","quantity":1,"unitPriceMinor":"799"}])";
const std::string good_order = R"({"customerId":"c-1","currency":"GBP",)" + good_lines + "}";

/// One node with ordering, shared by all cases of this file: a bad request must not hurt the next.
class Client {
public:
  Client() {
    system_.start_node("node-1", {"ordering"});
    connection_ = *Connection::open({.url = system_.nats().url(), .name = "client"});
    other_ = *Connection::open({.url = system_.nats().url(), .name = "other client"});
  }

  Reply ask(const std::string& subject, const Headers& headers, const std::string& body) {
    return connection_->request_and_wait(subject, headers, body, patience);
  }
  Reply place(const std::string& id, const std::string& body, const Headers& headers = {}) {
    return ask("cmd.ordering.order." + id + ".PlaceOrder", headers, body);
  }
  std::uint64_t messages() {
    const auto reply = ask("$JS.API.STREAM.INFO.EVT_ORDERING", {}, "");
    return json::parse(reply.message.body()).at("state").at("messages").get<std::uint64_t>();
  }
  bool another_is_served() {
    const auto reply =
        other_->request_and_wait("qry.ordering.GetOrder", {}, R"({"orderId":"nobody"})", patience);
    return reply.status == Reply::Status::answered
           && reply.message.header("Nats-Service-Error-Code") == "404";
  }
  Connection& connection() { return *connection_; }
  std::string nats_url() { return system_.nats().url(); }
  std::string health_url() const { return system_.health_url("node-1"); }

private:
  System system_;
  std::unique_ptr<Connection> connection_;
  std::unique_ptr<Connection> other_;
};

Client& client() {
  static Client shared;
  return shared;
}

void check_refused(const Reply& reply, const std::string& code, const std::string& sentence_part) {
  REQUIRE(reply.status == Reply::Status::answered);
  const std::string text(reply.message.header("Nats-Service-Error").value_or(""));
  INFO("answer: " << text);
  CHECK(reply.message.header("Nats-Service-Error-Code") == code);
  CHECK_THAT(text, Catch::Matchers::ContainsSubstring(sentence_part));
  CHECK(text.find('\n') == std::string::npos);
}

/// Runs a request and checks that the log is untouched and others are served.
void nothing_happens(const std::function<void()>& request) {
  const auto before = client().messages();
  request();
  CHECK(client().messages() == before);
  CHECK(client().another_is_served());
  CHECK(client().connection().connected());
}

TEST_CASE("an illegal instance id is refused", "[e2e][bad-input]") {
  const std::string id =
      GENERATE(as<std::string>{}, "a.b", "*", ">", "gr\u00fcn", "o'1", std::string(65, 'x'));
  INFO(id);
  nothing_happens([&] { check_refused(client().place(id, good_order), "400", "subject"); });
}

TEST_CASE("malformed bodies are refused", "[e2e][bad-input]") {
  std::string deep;
  for (int i = 0; i < 5'000; ++i) deep += R"({"lines":[)";
  const std::string truncated = good_order.substr(0, good_order.size() / 2);
  const std::string body = GENERATE_COPY(as<std::string>{}, truncated, deep, "{", R"({"nosuch":1})",
                                         R"({"customerId":3,"lines":7})", "\xff\xfe\x01\x02",
                                         "\x0a\xff\xff\xff\xff\x0f");
  nothing_happens([&] { check_refused(client().place("o-1", body), "400", "PlaceOrder"); });
}

TEST_CASE("a body over the bound is refused", "[e2e][bad-input]") {
  const std::string body = R"({"customerId":")" + std::string(600'000, 'x') + "\"}";
  nothing_happens([&] { check_refused(client().place("o-1", body), "413", "at most 262144"); });
}

TEST_CASE("an unknown command, aggregate or query is refused", "[e2e][bad-input]") {
  nothing_happens([&] {
    check_refused(client().ask("cmd.ordering.order.o-1.EatOrder", {}, "{}"), "404", "EatOrder");
    check_refused(client().ask("cmd.ordering.meal.o-1.PlaceOrder", {}, "{}"), "404", "meal");
    check_refused(client().ask("qry.ordering.GetMeal", {}, "{}"), "404", "GetMeal");
  });
}

TEST_CASE("a command that only events ask for is refused, on every way that clients have",
          "[e2e][bad-input]") {
  const auto command = GENERATE(as<std::string>(), "ConfirmOrder", "FailOrder", "ExpireOrder");
  const auto subject = "cmd.ordering.order.o-1." + command;
  const auto order = troupe::instance_of(*troupe::Subject::parse("evt.ordering.order.o-1"));
  const auto slot = troupe::slot_of(*order, troupe::slots_default);
  nothing_happens([&] {
    check_refused(client().ask(subject, {}, "{}"), "403", command);
    check_refused(client().ask("slot.ordering." + std::to_string(slot) + "." + subject, {}, "{}"),
                  "403", command);
    check_refused(
        client().ask(subject, {{"Troupe-Causation-Id", "evt.payments.payment.o-1@3"}}, "{}"), "403",
        command);
  });
}

TEST_CASE("a context that nobody runs is answered by the server at once", "[e2e][bad-input]") {
  const auto reply = client().ask("cmd.nosuch.order.o-1.PlaceOrder", {}, "{}");
  CHECK(reply.status == Reply::Status::no_responders);
}

TEST_CASE("amounts that make no sense are refused by the domain", "[e2e][bad-input]") {
  const auto line = [](const std::string& quantity, const std::string& price) {
    return R"({"currency":"GBP","lines":[{"articleId":"mug","quantity":)" + quantity
           + R"(,"unitPriceMinor":")" + price + "\"}]}";
  };
  nothing_happens([&] {
    check_refused(client().place("o-1", line("-1", "799")), "422", "order.bad_quantity");
    check_refused(client().place("o-1", line("0", "799")), "422", "order.bad_quantity");
    check_refused(client().place("o-1", line("1", "0")), "422", "order.bad_price");
    check_refused(client().place("o-1", line("1", "-5")), "422", "order.bad_price");
    check_refused(client().place("o-1", line("1", "9223372036854775807")), "422",
                  "order.bad_price");
    check_refused(client().place("o-1", line("1", "9223372036854775808")), "400", "PlaceOrder");
    check_refused(client().place("o-1", line("99999999999", "1")), "400", "PlaceOrder");
    check_refused(client().place("o-1", R"({"currency":"GBP"})"), "422", "order.no_lines");
  });
}

TEST_CASE("headers that make no sense are refused", "[e2e][bad-input]") {
  nothing_happens([&] {
    for (const auto* id : {"a b", "a.b", "\u00fc"})
      check_refused(client().place("o-1", good_order, {{"Troupe-Command-Id", id}}), "400",
                    "Troupe-Command-Id");
    check_refused(client().place("o-1", good_order, {{"Troupe-Expected-Version", "minus one"}}),
                  "400", "Troupe-Expected-Version");
    check_refused(client().place("o-1", good_order, {{"Troupe-Deadline", "soon"}}), "400",
                  "Troupe-Deadline");
  });
}

TEST_CASE("a time that no clock shows is refused, and every order can be printed",
          "[e2e][bad-input]") {
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count();
  nothing_happens([&] {
    for (const auto& [issued, why] :
         {std::pair{std::string("9007199254740992"), "before the year 10000"},
          std::pair{std::to_string(now_ms * 1'000), "before the year 10000"},
          std::pair{std::string("253402300799999"), "issued in the future"},
          std::pair{std::to_string(now_ms + 3'600'000), "issued in the future"}})
      for (const auto* cause : {"", "evt.ordering.order.o-0@1"})
        check_refused(
            client().place("time-1", good_order,
                           {{"Troupe-Issued-At", issued}, {"Troupe-Causation-Id", cause}}),
            "400", why);
  });
  const auto good = client().place("time-2", good_order, {{"Troupe-Issued-At", "1"}});
  REQUIRE_FALSE(good.message.header("Nats-Service-Error"));
  CHECK(troupe::test::eventually(patience, [&] {
    const auto reply = client().ask("qry.ordering.GetOrder", {}, R"({"orderId":"time-2"})");
    return !reply.message.header("Nats-Service-Error") && reply.message.body().starts_with("{");
  }));
}

TEST_CASE("a price that stands twice is refused", "[e2e][bad-input]") {
  const std::string prices = GENERATE(R"("unitPriceMinor":"799","unit_price_minor":"1")",
                                      R"("unitPriceMinor":"799","unitPriceMinor":"1")");
  nothing_happens([&] {
    check_refused(client().place("price-1", R"({"currency":"GBP","lines":[{"articleId":"mug",)"
                                            R"("quantity":1,)"
                                                + prices + "}]}"),
                  "400", "unit_price_minor stands twice");
  });
}

TEST_CASE("a client's Nats headers do not reach the event", "[e2e][bad-input]") {
  const auto reply =
      client().place("headers-1", good_order,
                     {{"Nats-Msg-Id", "stolen"}, {"Nats-Rollup", "all"}, {"Nats-TTL", "1s"}});
  REQUIRE(reply.status == Reply::Status::answered);
  REQUIRE_FALSE(reply.message.header("Nats-Service-Error"));
  const auto stored =
      client().ask("$JS.API.DIRECT.GET.EVT_ORDERING.evt.ordering.order.headers-1", {}, "");
  REQUIRE(stored.status == Reply::Status::answered);
  CHECK_FALSE(stored.message.header("Nats-Msg-Id"));
  CHECK_FALSE(stored.message.header("Nats-Rollup"));
  CHECK_FALSE(stored.message.header("Nats-TTL"));
  CHECK(stored.message.header("Nats-Expected-Last-Subject-Sequence") == "0");
}

TEST_CASE("a node answers only at inboxes, whatever reply subject a request names",
          "[e2e][bad-input]") {
  const auto last_of_control = [] {
    const auto reply = client().ask("$JS.API.STREAM.INFO.CTL", {}, "");
    return json::parse(reply.message.body()).at("state").at("last_seq").get<std::uint64_t>();
  };
  const auto streams = [] {
    const auto reply = client().ask("$JS.API.STREAM.NAMES", {}, "");
    return json::parse(reply.message.body()).at("streams").dump();
  };
  const auto control_before = last_of_control();
  const auto streams_before = streams();
  nothing_happens([] {
    troupe::test::RawNats raw(client().nats_url());
    for (const std::string subject :
         {"cmd.ordering.order.reply-1.PlaceOrder", "qry.ordering.GetOrder", "$SRV.PING",
          "slot.ordering.7.cmd.ordering.order.reply-1.PlaceOrder"})
      for (const std::string reply :
           {"\x01", "_INBOX.\x01", "_INBOX.a\x7f.b", "evt.inventory.stock.mug", "ctl.layout",
            "ctl.incarnation.EVT_ORDERING", "$JS.API.STREAM.DELETE.EVT_PAYMENTS"})
        raw.publish(subject, reply, good_order);
    raw.flush();
    CHECK(troupe::test::eventually(patience, [] {
      const auto metrics = troupe::curl::http_get(client().health_url() + "/metrics", 1s);
      return metrics
             && metrics->body.find("troupe_reply_subjects_refused_total") != std::string::npos
             && metrics->body.find("refused_total{node=\"node-1\"} 0\n") == std::string::npos;
    }));
    const auto info = troupe::curl::http_get(client().health_url() + "/info", 1s);
    REQUIRE(info);
    CHECK(json::parse(info->body).at("reply_subjects_refused") >= 21);
  });
  CHECK(last_of_control() == control_before);
  CHECK(streams() == streams_before);
}

TEST_CASE("one command id takes one body", "[e2e][bad-input]") {
  const Headers id{{"Troupe-Command-Id", "twice"}};
  const auto first = client().place("twice-1", good_order, id);
  REQUIRE_FALSE(first.message.header("Nats-Service-Error"));
  nothing_happens([&] {
    const auto repeat = client().place("twice-1", good_order, id);
    CHECK(repeat.message.header("Troupe-Duplicate") == "true");
    CHECK(repeat.message.header("Troupe-Sequence") == first.message.header("Troupe-Sequence"));
    check_refused(client().place("twice-1", R"({"currency":"EUR",)" + good_lines + "}", id), "409",
                  "another command");
  });
}

TEST_CASE("a version that has passed is refused", "[e2e][bad-input]") {
  const auto first = client().place("version-1", good_order);
  REQUIRE_FALSE(first.message.header("Nats-Service-Error"));
  nothing_happens([&] {
    check_refused(client().ask("cmd.ordering.order.version-1.CancelOrder",
                               {{"Troupe-Expected-Version", "7"}}, "{}"),
                  "409", "version");
  });
}

TEST_CASE("protobuf and JSON are the same command", "[e2e][bad-input]") {
  ordering::v1::PlaceOrder place;
  place.set_customer_id("c-1");
  place.set_currency("GBP");
  auto& line = *place.add_lines();
  line.set_article_id("mug");
  line.set_quantity(1);
  line.set_unit_price_minor(799);
  const Headers id{{"Troupe-Command-Id", "same"}};
  const auto first = client().place("same-1", place.SerializeAsString(), id);
  REQUIRE_FALSE(first.message.header("Nats-Service-Error"));
  const auto repeat = client().place("same-1", good_order, id);
  CHECK(repeat.message.header("Troupe-Duplicate") == "true");
  CHECK(repeat.message.body().starts_with("{"));
  CHECK_FALSE(first.message.body().starts_with("{"));
}

}  // namespace

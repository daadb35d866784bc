// What bad commands and queries get, on a real nats-server.
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/wire/wire.hpp"
#include "tests/contract/ingress_bench.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using Kind = nats::ClientReply::Kind;
namespace header = nats::header;

namespace {

std::string nested_json(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += R"({"a":)";
  return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
}

/// A google.protobuf.Struct in a Struct in a Struct …
std::string nested_protobuf(int depth) {
  google::protobuf::Value value;
  for (int i = 0; i < depth; ++i) {
    google::protobuf::Value outer;
    (*outer.mutable_struct_value()->mutable_fields())["a"] = value;
    value = std::move(outer);
  }
  return value.struct_value().SerializeAsString();
}

/// A time that no clock shows, inside a body.
std::string beyond_all_times() {
  v1::Claim claim;
  claim.mutable_claimed_at()->set_seconds(9'007'199'254'740);
  return claim.SerializeAsString();
}

struct BadInput {
  const char* what;
  std::string rest;  ///< of the subject
  nats::Headers headers;
  std::string body;
  int code;
  const char* sentence;
};

std::vector<BadInput> bad_commands() {
  const std::string good = protobuf_body();
  const std::string too_large(nats::body_bytes_max + 1, 'x');
  return {
      {"no command", "order.o-1", {}, good, 400, "this subject has 4"},
      {"a dot in the id", "order.o.1.PlaceOrder", {}, good, 400, "this subject has 6"},
      {"only the context and something", "x", {}, good, 400, "this subject has 3"},
      {"unicode in the id", "order.\xc3\xb6.PlaceOrder", {}, good, 400, "' is not"},
      {"65 characters", "order." + std::string(65, 'a') + ".PlaceOrder", {}, good, 400, "1 to 64"},
      {"a wildcard as id", "order.*.PlaceOrder", {}, good, 400, "'*' is not"},
      {"a full wildcard as command", "order.o-1.>", {}, good, 400, "'>' is not"},
      {"a slash in the id", "order.a/b.PlaceOrder", {}, good, 400, "'a/b' is not"},
      {"an aggregate nobody knows", "basket.o-1.PlaceOrder", {}, good, 404, "no aggregate basket"},
      {"a command nobody knows", "order.o-1.EatOrder", {}, good, 404, "takes no command EatOrder"},
      {"an id that is no token", place, {{header::command_id, "a b"}}, good, 400, "'a b'"},
      {"an id with a dot", place, {{header::command_id, "a.b"}}, good, 400, "Troupe-Command-Id"},
      {"an id that is too long",
       place,
       {{header::command_id, std::string(65, 'x')}},
       good,
       400,
       "1 to 64"},
      {"a version in words",
       place,
       {{header::expected_version, "one"}},
       good,
       400,
       "Troupe-Expected-Version is a whole number, not 'one'"},
      {"a negative version", place, {{header::expected_version, "-1"}}, good, 400, "not '-1'"},
      {"a version with a rest", place, {{header::expected_version, "1.5"}}, good, 400, "'1.5'"},
      {"a version beyond 64 bits",
       place,
       {{header::expected_version, "99999999999999999999"}},
       good,
       400,
       "whole number"},
      {"a deadline in words",
       place,
       {{header::deadline, "soon"}},
       good,
       400,
       "Troupe-Deadline is a whole number, not 'soon'"},
      {"no time left", place, {{header::deadline, "0"}}, good, 400, "1 to 60000 milliseconds"},
      {"too much time", place, {{header::deadline, "60001"}}, good, 400, "1 to 60000 milliseconds"},
      {"issued in words",
       place,
       {{header::issued_at, "yesterday"}},
       good,
       400,
       "Troupe-Issued-At is a whole number"},
      {"issued in no time",
       place,
       {{header::issued_at, "9007199254740993"}},
       good,
       400,
       "since 1970"},
      {"issued beyond what protobuf prints",
       place,
       {{header::issued_at, "9007199254740992"}, {header::causation_id, "evt.a.b.c@1"}},
       good,
       400,
       "before the year 10000"},
      {"issued in microseconds",
       place,
       {{header::issued_at, "1700000000123456"}},
       good,
       400,
       "before the year 10000"},
      {"a time in the body beyond what protobuf prints",
       "order.o-1.Claim",
       {},
       beyond_all_times(),
       400,
       "claimed_at is no time from the year 1 to 9999"},
      {"a JSON key twice", place, {}, R"({"stream":"a","stream":"b"})", 400, "stream stands twice"},
      {"two spellings of a JSON key",
       place,
       {},
       R"({"firstVersion":"1","first_version":"2"})",
       400,
       "first_version stands twice"},
      {"issued at zero", place, {{header::issued_at, "0"}}, good, 400, "since 1970"},
      {"a correlation id with a space",
       place,
       {{header::correlation_id, "a b"}},
       good,
       400,
       "Troupe-Correlation-Id"},
      {"cut off protobuf",
       place,
       {},
       good.substr(0, good.size() - 1),
       400,
       "not a protobuf troupe.v1.CommandReply"},
      {"no protobuf at all", place, {}, std::string("\xff\xff\xff\xff"), 400, "not a protobuf"},
      {"text that is not UTF-8",
       place,
       {},
       std::string("\x1a\x02\xc3\x28", 4),
       400,
       "not a protobuf"},
      {"deep protobuf", "order.o-1.Note", {}, nested_protobuf(200), 400, "too deep"},
      {"cut off JSON", place, {}, R"({"stream":"s")", 400, "not the JSON of a"},
      {"JSON with a field nobody knows", place, {}, R"({"strem":"s"})", 400, "strem"},
      {"JSON with a wrong type", place, {}, R"({"sequence":"many"})", 400, "not the JSON"},
      {"JSON that is a list",
       place,
       {{header::content_type, "application/json"}},
       "[1]",
       400,
       "not the JSON"},
      {"JSON that is empty",
       place,
       {{header::content_type, "application/json"}},
       "",
       400,
       "not the JSON"},
      {"deep JSON", "order.o-1.Note", {}, nested_json(20'000), 400, "not the JSON"},
      {"a body that is too large", place, {}, too_large, 413, "at most 262144"},
      {"JSON that is too large", place, {}, "{" + too_large, 413, "262146 bytes"},
  };
}

}  // namespace

TEST_CASE("ingress: bad input is named, reaches no bus and disturbs nobody",
          "[contract][ingress]") {
  IngressBench bench;
  for (const auto& bad : bad_commands()) {
    INFO(bad.what);
    const auto reply = bench.request(bench.command_subject(bad.rest), bad.headers, bad.body);
    CHECK(reply.kind == Kind::rejected);
    CHECK(reply.code == bad.code);
    CHECK_THAT(reply.text, ContainsSubstring(bad.sentence));
    CHECK(reply.text.size() <= nats::error_text_length_max);
    CHECK(reply.node == "node-1");
    CHECK(reply.body.empty());
    CHECK(bench.bus.commands().empty());
  }
  require_works(bench);
}

TEST_CASE("ingress: what another program may know is to be repeated, what nobody knows is not",
          "[contract][ingress]") {
  IngressBench bench;
  const auto subject = GENERATE(as<std::string>{}, "cmd.{}.order.o-1.EatOrder",
                                "cmd.{}.basket.o-1.PlaceOrder", "qry.{}.Weather");
  const auto ask = [&] {
    auto of_context = subject;
    return bench.request(of_context.replace(of_context.find("{}"), 2, bench.context), {},
                         protobuf_body());
  };
  bench.another_program = true;
  const auto for_now = ask();
  CHECK(for_now.code == 503);
  CHECK_THAT(for_now.text, ContainsSubstring("another program on other nodes may know it"));
  CHECK_THAT(for_now.text, ContainsSubstring("repeat it"));
  bench.another_program = false;
  const auto for_good = ask();
  CHECK(for_good.code == 404);
  CHECK_THAT(for_good.text, ContainsSubstring(bench.context));
  CHECK_THAT(for_good.text, !ContainsSubstring("repeat"));
  CHECK(bench.bus.commands().empty());
  CHECK(bench.bus.queries().empty());
}

TEST_CASE("ingress: bad queries are named and reach no bus", "[contract][ingress]") {
  IngressBench bench;
  const std::string good = protobuf_body();
  const std::vector<BadInput> bads = {
      {"a query nobody knows", "Weather", {}, good, 404, "no query Weather"},
      {"too many parts", "OrderStatus.o-1", {}, good, 400, "is not that"},
      {"unicode", "\xc3\xb6", {}, good, 400, "is not that"},
      {"a position without sequence",
       "OrderStatus",
       {{header::min_sequence, "EVT_SHOP"}},
       good,
       400,
       "<stream>:<sequence>, not 'EVT_SHOP'"},
      {"a position without stream",
       "OrderStatus",
       {{header::min_sequence, ":7"}},
       good,
       400,
       "Troupe-Min-Sequence"},
      {"a deadline in words",
       "OrderStatus",
       {{header::deadline, "soon"}},
       good,
       400,
       "Troupe-Deadline"},
      {"cut off JSON", "OrderStatus", {}, "{", 400, "not the JSON"},
      {"too large", "OrderStatus", {}, std::string(nats::body_bytes_max + 1, 'x'), 413, "at most"},
  };
  for (const auto& bad : bads) {
    INFO(bad.what);
    const auto reply = bench.request(bench.query_subject(bad.rest), bad.headers, bad.body);
    CHECK(reply.kind == Kind::rejected);
    CHECK(reply.code == bad.code);
    CHECK_THAT(reply.text, ContainsSubstring(bad.sentence));
  }
  CHECK(bench.bus.queries().empty());
  require_works(bench);
}

// Reading JSON that others wrote.
#include "runtime/base/json.hpp"

#include <string>

#include <catch2/catch_all.hpp>

using namespace troupe::nats;
using nlohmann::json;

namespace {

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a field is read where it has the type that is asked for", "[nats][json]") {
  const auto answer = read_json(
      R"({"state":{"last_seq":18446744073709551615,"delta":-7,"name":"x","sealed":true}})");
  REQUIRE(answer);
  CHECK(field<std::uint64_t>(*answer, "state.last_seq") == UINT64_MAX);
  CHECK(field<int>(*answer, "state.delta") == -7);
  CHECK(field<std::string>(*answer, "state.name") == "x");
  CHECK(field<std::string_view>(*answer, "state.name") == "x");
  CHECK(field<bool>(*answer, "state.sealed") == true);
  CHECK(find(*answer, "state")->is_object());
}

TEST_CASE("a field of another type, or that does not fit, is absent", "[nats][json]") {
  const std::string value =
      GENERATE(Catch::Generators::as<std::string>{}, "null", "1.5", "1e3", "\"1\"", "[1]",
               "{\"a\":1}", "true", "-1", "18446744073709551615");
  const auto answer = read_json(R"({"a":)" + value + "}");
  REQUIRE(answer);
  INFO(value);
  CHECK_FALSE(field<std::uint64_t>(*answer, "a.b"));
  CHECK_FALSE(field<std::uint64_t>(*answer, "b"));
  CHECK_FALSE(field<std::uint32_t>(*answer, "a"));
  if (value[0] != '"') CHECK_FALSE(field<std::string>(*answer, "a"));
  if (value != "true") CHECK_FALSE(field<bool>(*answer, "a"));
  CHECK(list(*answer, "a").size() == (value == "[1]" ? 1 : 0));
  CHECK(list(*answer, "a.b").empty());
}

TEST_CASE("what is no object has no fields", "[nats][json]") {
  for (const auto* text : {"null", "3", "\"x\"", "[{\"a\":1}]", "true"}) {
    const auto answer = read_json(text);
    REQUIRE(answer);
    CHECK(find(*answer, "a") == nullptr);
    CHECK(find(*answer, "") == nullptr);
    CHECK(find(*answer, "0.a") == nullptr);
  }
}

TEST_CASE("what is no JSON, or too deep, is not read", "[nats][json]") {
  for (const auto* text : {"", "{", "}", "{\"a\":1}x", "\xff", "{\"a\":\"\xc3\x28\"}", "nul"})
    CHECK_FALSE(read_json(text));
  CHECK(read_json(nested(json_depth_max)));
  CHECK_FALSE(read_json(nested(json_depth_max + 1)));
  CHECK_FALSE(read_json(nested(500'000)));
  CHECK_FALSE(read_json(std::string(1'000'000, '{')));
  CHECK(read_json("[\"" + std::string(500, '[') + R"(\"[[[",[]])"));  // they stand in a text
}

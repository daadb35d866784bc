// Stock codes as legal names, and back.
#include "tools/shop/orders/escaped_token.hpp"

#include <random>
#include <set>

#include <catch2/catch_all.hpp>

#include <troupe/token.hpp>

namespace {

using troupe::tool::escape_token;
using troupe::tool::unescape_token;

TEST_CASE("letters, digits and dashes stand for themselves", "[orders]") {
  CHECK(escape_token("85123A-b") == "85123A-b");
}

TEST_CASE("every other byte is escaped, the escape sign too", "[orders]") {
  CHECK(escape_token("BANK CHARGES") == "BANK_20CHARGES");
  CHECK(escape_token("a_b.c*") == "a_5Fb_2Ec_2A");
  CHECK(escape_token("\r\n") == "_0D_0A");
}

TEST_CASE("escaping is reversible and different texts get different tokens", "[orders]") {
  std::mt19937 random(1);  // NOLINT: the same bytes every time
  std::set<std::string> texts;
  std::set<std::string> tokens;
  for (int i = 0; i < 5'000; ++i) {
    std::string text(1 + random() % 12, '\0');
    for (char& c : text) c = static_cast<char>(random() % 256);
    const auto token = escape_token(text);
    REQUIRE(troupe::is_token(token));
    REQUIRE(unescape_token(token) == text);
    texts.insert(text);
    tokens.insert(token);
  }
  CHECK(tokens.size() == texts.size());
}

TEST_CASE("what escaping never makes has no text", "[orders]") {
  for (const auto* token : {"_", "_2", "a_2", "_ZZ", "_2a", "_41", "a.b", "a b"})
    CHECK_FALSE(unescape_token(token));
}

}  // namespace

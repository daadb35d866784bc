// Prices from decimal text, and shares of whole numbers.
#include "tools/shop/orders/price.hpp"

#include <catch2/catch_all.hpp>

#include "tools/shop/orders/invoice.hpp"

namespace {

using troupe::tool::parse_price;
using troupe::tool::Share;

TEST_CASE("a price is read digit by digit", "[orders]") {
  CHECK(parse_price("2.55")->minor == 255);
  CHECK(parse_price("0.1")->minor == 10);
  CHECK(parse_price("15")->minor == 1'500);
  CHECK(parse_price("0.0")->minor == 0);
  CHECK(parse_price("-11062.06")->minor == -1'106'206);
  CHECK(parse_price("4.9500")->minor == 495);
  CHECK(parse_price("4.9500")->exact);
  CHECK(parse_price("90071992547409.93")->minor == 9'007'199'254'740'993);
}

TEST_CASE("a fraction of a penny is noticed", "[orders]") {
  CHECK_FALSE(parse_price("0.001")->exact);
  CHECK_FALSE(parse_price("1.999")->exact);
}

TEST_CASE("what is no price is refused", "[orders]") {
  for (const auto* text :
       {"", "-", ".", "1.", ".5", "1.2.3", "1e3", "+1", " 1", "abc", "nan", "99999999999999999999"})
    CHECK_FALSE(parse_price(text));
}

TEST_CASE("a share of a whole number is rounded up and exact", "[orders]") {
  const auto most = Share::parse("0.9");
  REQUIRE(most);
  CHECK(most->rounded_up_of(10) == 9);
  CHECK(most->rounded_up_of(70) == 63);
  CHECK(most->rounded_up_of(11) == 10);
  CHECK(most->rounded_up_of(1) == 1);
  CHECK(most->rounded_up_of(0) == 0);
  CHECK(Share::parse("0")->rounded_up_of(7) == 0);
  CHECK(Share::parse("1.5")->rounded_up_of(3) == 5);
  for (const auto* text : {"", "-1", "nan", "1001", "0.9x"}) CHECK_FALSE(Share::parse(text));
}

}  // namespace

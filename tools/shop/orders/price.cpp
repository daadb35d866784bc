#include "tools/shop/orders/price.hpp"

namespace troupe::tool {

namespace {

constexpr unsigned minor_digits = 2;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool append_digit(std::int64_t& number, char digit) {
  return !__builtin_mul_overflow(number, 10, &number)
         && !__builtin_add_overflow(number, digit - '0', &number);
}

}  // namespace

std::optional<Price> parse_price(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;

  Price price;
  bool in_fraction = false;
  unsigned fraction_digits = 0;
  for (const char c : text) {
    if (c == '.' && !in_fraction) {
      in_fraction = true;
    } else if (!is_digit(c)) {
      return std::nullopt;
    } else if (in_fraction && fraction_digits == minor_digits) {
      if (c != '0') price.exact = false;
    } else {
      if (!append_digit(price.minor, c)) return std::nullopt;
      if (in_fraction) ++fraction_digits;
    }
  }
  for (; fraction_digits < minor_digits; ++fraction_digits)
    if (!append_digit(price.minor, '0')) return std::nullopt;
  if (negative) price.minor = -price.minor;
  return price;
}

}  // namespace troupe::tool

#include "tools/shop/orders/escaped_token.hpp"

namespace troupe::tool {

namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";
constexpr char escape = '_';

bool stands_for_itself(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

std::string escape_token(std::string_view text) {
  std::string token;
  token.reserve(text.size());
  for (const char c : text) {
    if (stands_for_itself(c)) {
      token += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    token += escape;
    token += hex_digits[byte >> 4U];
    token += hex_digits[byte & 15U];
  }
  return token;
}

std::optional<std::string> unescape_token(std::string_view token) {
  std::string text;
  text.reserve(token.size());
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (stands_for_itself(token[at])) {
      text += token[at];
      continue;
    }
    if (token[at] != escape || at + 2 >= token.size()) return std::nullopt;
    const auto high = hex_digits.find(token[at + 1]);
    const auto low = hex_digits.find(token[at + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const auto c = static_cast<char>(high << 4U | low);
    if (stands_for_itself(c)) return std::nullopt;  // one text, one token
    text += c;
    at += 2;
  }
  return text;
}

}  // namespace troupe::tool

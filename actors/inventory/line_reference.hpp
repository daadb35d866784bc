// How a line of a reservation is called in stock: <reservation>:<line number>.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/token.hpp>

namespace inventory {

struct LineReference {
  std::string reservation_id;
  std::int32_t line = 0;  ///< counted from 1

  std::string str() const { return reservation_id + ':' + std::to_string(line); }

  /// Nothing for a reference that somebody else made up.
  static std::optional<LineReference> parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || !troupe::is_token(text.substr(0, colon)))
      return std::nullopt;
    LineReference reference{.reservation_id = std::string(text.substr(0, colon))};
    const auto digits = text.substr(colon + 1);
    const auto* const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, reference.line);
    if (error != std::errc{} || stopped != end || reference.line < 1) return std::nullopt;
    return reference;
  }
};

}  // namespace inventory

// The header of W3C trace context that names a trace across services.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace troupe {

inline constexpr const char* traceparent_header = "traceparent";

/// The text when it may stand in a header, else empty: whoever receives what it cannot read ignores
/// it.
inline std::string legal_traceparent(std::string_view text) {
  constexpr std::size_t length = 55;  // 00-<32 hex>-<16 hex>-<2 hex>
  const bool legal = text.size() == length && std::ranges::all_of(text, [](char c) {
                       return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '-';
                     });
  return legal ? std::string(text) : std::string();
}

}  // namespace troupe

// What must hold of single fields that were read from a stream before anybody counts with them.
#pragma once

#include <algorithm>
#include <string_view>

namespace troupe::engine {

/// Text that commands may hand on in their headers, or none.
inline bool fits_header(std::string_view text) {
  constexpr std::size_t length_max = 256;
  return text.size() <= length_max
         && std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace troupe::engine

// Prices read from decimal text, exactly: no floating point touches money.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe::tool {

struct Price {
  std::int64_t minor = 0;  ///< hundredths of the currency's unit
  bool exact = true;       ///< false: the text has a fraction of a hundredth, cut off in `minor`
};

/// Reads texts such as "2.55", "-11062.06", "0" and "4.950"; nothing when it is not such a number
/// or too large.
std::optional<Price> parse_price(std::string_view text);

}  // namespace troupe::tool

// What every context says about money in the same way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include <troupe/decision.hpp>
#include "money/v1/money.pb.h"

namespace money {

/// The largest amount one order may move, in the currency's smallest unit.
inline constexpr std::int64_t amount_minor_max = 1'000'000'000'000;

inline v1::Money of(std::int64_t amount_minor, std::string_view currency) {
  return troupe::make<v1::Money>([&](auto& money) {
    money.set_amount_minor(amount_minor);
    money.set_currency(std::string(currency));
  });
}

/// Three capitals; which of them are currencies is for the gateway to know.
inline bool is_currency(std::string_view code) {
  return code.size() == 3
         && std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace money

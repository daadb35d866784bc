// What both contexts reckon with.
#pragma once

#include <cstdint>

inline constexpr std::int64_t cents_per_euro = 100;
inline std::int64_t fee(std::int64_t cents) { return cents / 50; }

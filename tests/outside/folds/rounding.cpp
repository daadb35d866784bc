#include "rounding.hpp"

#include "rates.hpp"

std::int64_t rounded(std::int64_t cents) { return cents / cents_per_euro * cents_per_euro; }

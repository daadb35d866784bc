#include "taxes.hpp"

std::int64_t tax(std::int64_t cents) { return cents / 5; }

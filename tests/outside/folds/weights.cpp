#include "weights.hpp"

std::int64_t packed(std::int64_t grams) { return grams + 250; }

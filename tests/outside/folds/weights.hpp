// A source of shipping.
#pragma once

#include <cstdint>

std::int64_t packed(std::int64_t grams);

// Linked by billing.
#pragma once

#include <cstdint>

std::int64_t rounded(std::int64_t cents);

// Linked by billing, as a library of its own at run time.
#pragma once

#include <cstdint>

std::int64_t tax(std::int64_t cents);

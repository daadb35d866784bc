// A time of the clock that nobody sets: for waits, ages and deadlines inside one process.
#pragma once

#include <chrono>

namespace troupe {

/// Means nothing to other processes. For a time of the day, see runtime/ports/instant.hpp.
using SteadyTime = std::chrono::steady_clock::time_point;

}  // namespace troupe

// Writes times in UTC with milliseconds.
#include "runtime/nats/wire/rfc3339.hpp"

#include <spdlog/fmt/chrono.h>

namespace troupe::nats {

std::string rfc3339(Time time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

}  // namespace troupe::nats

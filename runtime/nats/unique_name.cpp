// Makes names that no other process makes up.
#include "runtime/nats/unique_name.hpp"

#include <random>

#include <spdlog/fmt/fmt.h>

namespace troupe::nats {

std::string unique_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace troupe::nats

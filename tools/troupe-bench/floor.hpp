// The yardstick: what a service costs that is nothing but NATS.
#pragma once

#include <cstddef>
#include <string>

namespace troupe::tool {

struct FloorOptions {
  std::string nats_url;
  bool send_asap = true;         ///< else nats.c's buffered publishing
  std::size_t body_bytes = 430;  ///< of what is published for each request
};

/// The first bytes of a body that the floor publishes: its subject's version, in the machine's
/// order.
inline constexpr std::size_t floor_version_bytes = 8;

/// Takes each request for cmd.bench.>, publishes one message to its instance's subject with the
/// expected sequence, and answers when JetStream has acknowledged it. Blocks until SIGTERM or
/// SIGINT; returns the program's exit code.
int serve_floor(const FloorOptions& options);

}  // namespace troupe::tool

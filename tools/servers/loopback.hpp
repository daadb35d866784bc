// Ports on 127.0.0.1: finding a free one, and waiting until a child listens.
#pragma once

#include <chrono>
#include <cstdint>

#include "runtime/base/result.hpp"
#include "tools/servers/child_process.hpp"

namespace troupe::tool {

/// A port that was free a moment ago.
std::uint16_t free_port();

bool listens(std::uint16_t port);

/// Waits until `child` accepts connections. Fails when it ends before, or after `patience`.
Result<void> wait_until_listening(ChildProcess& child, std::uint16_t port,
                                  std::chrono::milliseconds patience);

}  // namespace troupe::tool

// How many subscriptions a NATS server lets a client have.
#pragma once

#include <cstddef>

#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// Fails, retryable, when the server allows a connection fewer than `count`: nothing but trying
/// tells, and a connection that has more is closed for good. Blocks, about 50 us for each.
Result<void> check_subscription_room(ConnectionOptions options, std::size_t count);

}  // namespace troupe::nats

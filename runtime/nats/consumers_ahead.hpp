// Consumers that wait for what a shortened stream no longer has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/nats/connection.hpp"
#include "runtime/ports/result.hpp"

namespace troupe::nats {

/// Lets the durable consumers that are beyond `last` go on behind it, so that they get what is
/// stored there next. Returns their names. Blocks; for operators.
Result<std::vector<std::string>> set_back_consumers(Connection& connection,
                                                    const std::string& stream, std::uint64_t last);

}  // namespace troupe::nats

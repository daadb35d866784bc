// A stream's consumers, and those that wait for what a shortened stream no longer has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// What JetStream says of each of a stream's consumers, of the first 4,096. Blocks.
Result<nlohmann::json::array_t> list_consumers(Connection& connection, const std::string& stream);

/// Lets the durable consumers that are beyond `last` go on behind it, so that they get what is
/// stored there next. Returns their names. Blocks; for operators.
Result<std::vector<std::string>> set_back_consumers(Connection& connection,
                                                    const std::string& stream, std::uint64_t last);

}  // namespace troupe::nats

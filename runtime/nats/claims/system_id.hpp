// Which system a stream CTL is of: a random id that is recorded there once.
#pragma once

#include <string>

#include "runtime/base/result.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::nats {

/// Made up by who starts a node, to be recorded if no other is.
struct SystemId {
  std::string id;    ///< a token
  std::string node;  ///< that records it
};

/// With a fresh id: 16 hexadecimal digits.
SystemId new_system(const std::string& node);

/// The id on ctl.system: `wanted` if there was none before and no other node is faster. Blocks.
Result<std::string> agree_on_system(Connection& connection, const SystemId& wanted);

/// The id on ctl.system; fails permanently when no node has recorded one. Blocks.
Result<std::string> find_system(Connection& connection);

}  // namespace troupe::nats

// Replies to clients, in the form of the wire contract.
#pragma once

#include <string>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/wire/body.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/command_bus.hpp"
#include "runtime/ports/query_bus.hpp"

namespace troupe::nats {

/// What each reply says about its node.
struct NodeFacts {
  std::string name;
  std::string durability;  ///< the mode that could be verified
};

struct Outgoing {
  Headers headers{};
  std::string body{};
  std::string error{};             ///< `<code>:<text>`, empty when there is none
  int code_unsent = code::failed;  ///< of what is said when this cannot be sent
};

/// To what is not even read.
inline constexpr const char* overloaded_text =
    "More comes in than this node can handle; repeat a little later.";

Outgoing error_reply(int code, std::string_view text, const NodeFacts& node);
Outgoing command_reply(const Outcome& outcome, BodyForm form, const NodeFacts& node);
Outgoing query_reply(const QueryOutcome& outcome, BodyForm form, const NodeFacts& node);

}  // namespace troupe::nats

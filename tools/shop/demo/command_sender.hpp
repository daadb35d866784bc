// One try of a command, over NATS or straight to the bus of a node in this process.
#pragma once

#include <chrono>

#include "runtime/ports/command_bus.hpp"

namespace troupe::tool {

/// What a client wants of an instance; the id stays the same however often it is tried.
struct Wish {
  Instance instance;
  SharedMessage body;
  std::string id;
  Time issued_at{};  ///< the same on every try, so that a repeat decides alike
};

/// Thread safe.
class CommandSender {
public:
  virtual ~CommandSender() = default;
  /// Blocks until the answer or until `timeout` is over, which is unknown.
  virtual Outcome send(const Wish& wish, std::chrono::milliseconds timeout) = 0;
};

}  // namespace troupe::tool

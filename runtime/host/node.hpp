// One runtime process: connects to the servers, checks them, runs contexts and serves clients.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "runtime/base/result.hpp"
#include "runtime/host/config.hpp"
#include "runtime/host/program.hpp"

namespace troupe::host {

/// Serves from a successful start until stop() or destruction.
class Node {
public:
  /// Waits for at most the time it is given, and says whether the node should not start any more.
  using GivenUp = std::function<bool(std::chrono::milliseconds)>;

  /// Starts the contexts that the configuration names, out of the program's. Servers that are away
  /// are waited for, with the reason in the log and in /readyz, until `given_up`. Fails with one
  /// sentence that says what to do: a server that is too old, a stream with weaker settings, a
  /// durability that is not given, a context that is not known, an effect without a port. Blocks.
  static Result<std::unique_ptr<Node>> start(NodeConfig config, const Program& program,
                                             const GivenUp& given_up);

  virtual ~Node() = default;

  /// Takes no more commands, finishes those in hand, writes snapshots, gives up its leases.
  virtual void stop() = 0;
};

}  // namespace troupe::host

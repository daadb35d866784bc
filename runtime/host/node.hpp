// One runtime process: connects to the servers, checks them, runs contexts and serves clients.
#pragma once

#include <memory>
#include <vector>

#include "runtime/domain/model.hpp"
#include "runtime/host/config.hpp"
#include "runtime/ports/result.hpp"

namespace troupe::host {

/// Serves from a successful start until stop() or destruction.
class Node {
public:
  /// Starts the contexts that the configuration names, out of `known`. Fails with one sentence that
  /// says what to do: a server that is missing or too old, a stream with weaker settings, a
  /// durability that is not given, a context that is not known. Blocks.
  static Result<std::unique_ptr<Node>> start(NodeConfig config, std::vector<ContextModel> known);

  virtual ~Node() = default;

  /// Takes no more commands, finishes those in hand, writes snapshots, gives up its leases.
  virtual void stop() = 0;
};

}  // namespace troupe::host

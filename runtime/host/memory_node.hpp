// A node without any server: every port in memory, for a first look, tests and simulation.
#pragma once

#include <memory>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/memory/broker.hpp"
#include "runtime/ports/command_bus.hpp"
#include "runtime/ports/effects.hpp"
#include "runtime/ports/event_cursor.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::host {

/// Nothing outlives it. Thread safe.
class MemoryNode {
public:
  /// `effects` performs all effects and must outlive the node.
  static Result<std::unique_ptr<MemoryNode>> start(std::vector<ContextModel> models,
                                                   Effects& effects);
  virtual ~MemoryNode() = default;

  virtual CommandBus& commands() = 0;
  virtual QueryBus& queries() = 0;
  virtual EventStreams& streams() = 0;
  virtual ViewStore& views() = 0;
  virtual memory::Broker& broker() = 0;
};

}  // namespace troupe::host

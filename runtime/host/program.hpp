// What makes a node one of a certain program: its contexts, its settings, and who performs its
// effects.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <troupe/model.hpp>
#include <troupe/settings.hpp>
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/effects.hpp"

namespace troupe::host {

/// Makes the port that performs an effect, once the node is connected. The connection outlives it.
using MakeEffectPort = std::function<std::unique_ptr<Effects>(const Settings&, nats::Connection&)>;

struct Program {
  std::vector<ContextModel> contexts{};
  /// Settings of its own in TOML, each with its default and a comment. They stand in a node's
  /// configuration behind those of the runtime, and are read and printed like them.
  std::string settings{};
  /// By the effect's name. A node does not start when one of its contexts' effects has none.
  std::map<std::string, MakeEffectPort, std::less<>> effects{};
};

}  // namespace troupe::host

// What makes a node one of a certain program: its contexts, its settings, and who performs its
// effects.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <troupe/model.hpp>
#include <troupe/port.hpp>
#include <troupe/settings.hpp>

namespace troupe::host {

struct Program {
  std::vector<ContextModel> contexts{};
  /// Settings of its own in TOML, each with its default and a comment. They stand in a node's
  /// configuration behind those of the runtime, and are read and printed like them.
  std::string settings{};
  /// By the effect's name. A node does not start when one of its contexts' effects has none.
  std::map<std::string, MakePort, std::less<>> effects{};
};

}  // namespace troupe::host

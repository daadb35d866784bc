#include "tools/servers/node_toml.hpp"

namespace troupe::tool {

/// What is JSON of these is TOML, too.
std::string node_toml(const NodeSettings& settings) {
  std::string text;
  for (const auto& [table, values] : settings) {
    text += "[" + table + "]\n";
    for (const auto& [name, value] : values) text += name + " = " + value.dump() + "\n";
  }
  return text;
}

}  // namespace troupe::tool

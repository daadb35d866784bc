// The text of a node's configuration file.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace troupe::tool {

/// Texts, numbers, flags and lists of texts, by table and name, as `--print-config` of a program's
/// node explains them. What is left out has its default.
///
///     node_toml({{"node", {{"name", "n1"}}}, {"redis", {{"url", redis.url()}}}})
using NodeSettings = std::map<std::string, std::map<std::string, nlohmann::json>>;

std::string node_toml(const NodeSettings& settings);

}  // namespace troupe::tool

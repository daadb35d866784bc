// What a node's conditions say to people and orchestrators.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/ports/conditions.hpp"

namespace troupe::host {

/// Whether the node should get traffic, and the text that says why.
struct Readiness {
  bool ready = false;
  std::string text;  ///< a line for each unready condition, or "ready" and a line for each remark
};

Readiness readiness_of(const std::vector<Condition>& conditions);

/// As a list of objects: code, severity, context, part, sentence, since.
nlohmann::json conditions_json(const std::vector<Condition>& conditions);

const char* name_of(Severity severity);

}  // namespace troupe::host

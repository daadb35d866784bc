// What a run came to, for people and for programs.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "runtime/check/run/report.hpp"
#include "tools/shop/demo/driver.hpp"

namespace troupe::tool {

std::string summary_text(const DriveResult& result, const check::Report& check);

nlohmann::ordered_json summary_json(const DriveResult& result, const check::Report& check);

}  // namespace troupe::tool

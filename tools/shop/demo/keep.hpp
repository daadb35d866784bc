// What to do with a demo that keeps running.
#pragma once

#include <filesystem>
#include <string>

#include "tools/shop/demo/stage.hpp"

namespace troupe::tool {

/// Addresses, processes, lines to paste and how to stop, as text.
std::string how_to_go_on(const Stage& stage, const std::filesystem::path& folder);

}  // namespace troupe::tool

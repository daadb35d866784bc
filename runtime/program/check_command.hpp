// troupe check: the invariants of the order flow, checked on live servers.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace troupe::tool {

/// Adds the command; when it is chosen, `run` does it and returns the exit code: 0 everything that
/// was checked holds, 1 something is violated, 2 it could not be checked.
void add_check_command(CLI::App& app, std::function<int()>& run);

}  // namespace troupe::tool

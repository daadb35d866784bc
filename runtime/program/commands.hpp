// The commands that every program has; each adds itself to the command line.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

#include "runtime/program/parts.hpp"

namespace troupe::program {

/// What the chosen command does; its result is the program's exit code.
using Run = std::function<int()>;

// `parts` outlives the command line.
void add_node_command(CLI::App& app, Run& run, const Parts& parts);
void add_send_command(CLI::App& app, Run& run, const Parts& parts);
void add_query_command(CLI::App& app, Run& run, const Parts& parts);
void add_state_command(CLI::App& app, Run& run, const Parts& parts);
void add_decode_command(CLI::App& app, Run& run, const Parts& parts);
void add_check_command(CLI::App& app, Run& run, const Parts& parts);
void add_accept_log_command(CLI::App& app, Run& run, const Parts& parts);
void add_skip_command(CLI::App& app, Run& run, const Parts& parts);

}  // namespace troupe::program

// The commands of the program; each adds itself to the command line.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace troupe::tool {

/// What the chosen command does; its result is the program's exit code.
using Run = std::function<int()>;

void add_node_command(CLI::App& app, Run& run);
void add_demo_command(CLI::App& app, Run& run);
void add_drive_command(CLI::App& app, Run& run);
void add_send_command(CLI::App& app, Run& run);
void add_query_command(CLI::App& app, Run& run);
void add_state_command(CLI::App& app, Run& run);
void add_decode_command(CLI::App& app, Run& run);
void add_accept_log_command(CLI::App& app, Run& run);
void add_skip_command(CLI::App& app, Run& run);
void add_gateway_command(CLI::App& app, Run& run);
void add_mail_sink_command(CLI::App& app, Run& run);
void add_bench_command(CLI::App& app, Run& run);

}  // namespace troupe::tool

// The troupe program: a node, the demo, and the tools to look at both.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "tools/troupe/check/check_command.hpp"
#include "tools/troupe/cli/commands.hpp"
#include "tools/troupe/cli/output.hpp"

int main(int argc, char** argv) {
  // stdout is for what was asked for.
  spdlog::set_default_logger(spdlog::stderr_color_mt("troupe"));

  CLI::App app{"Troupe: a runtime for event-sourced services, and its order flow", "troupe"};
  app.require_subcommand(1);
  app.footer(
      "Exit codes: 0 done, 1 rejected, violated or not found, 2 wrong arguments or cannot run,\n"
      "3 unknown outcome. Each command shows examples with --help.");
  troupe::tool::Run run;
  troupe::tool::add_demo_command(app, run);
  troupe::tool::add_drive_command(app, run);
  troupe::tool::add_node_command(app, run);
  troupe::tool::add_send_command(app, run);
  troupe::tool::add_query_command(app, run);
  troupe::tool::add_state_command(app, run);
  troupe::tool::add_decode_command(app, run);
  troupe::tool::add_check_command(app, run);
  troupe::tool::add_accept_log_command(app, run);
  troupe::tool::add_skip_command(app, run);
  troupe::tool::add_gateway_command(app, run);
  troupe::tool::add_mail_sink_command(app, run);
  troupe::tool::add_bench_command(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? troupe::tool::exit_ok : troupe::tool::exit_usage;
  }
  return run();
}

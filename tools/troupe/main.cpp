// The troupe program: a node, the demo, and the tools to look at both.
#include "runtime/host/logging.hpp"
#include "runtime/program/check_command.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/legal_numbers.hpp"
#include "runtime/program/output.hpp"

int main(int argc, char** argv) {
  troupe::tool::open_standard_streams();
  troupe::host::start_logging();

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
  troupe::tool::take_legal_numbers_only(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return troupe::tool::finish_output(app.exit(error) == 0 ? troupe::tool::exit_ok
                                                            : troupe::tool::exit_usage);
  }
  return troupe::tool::finish_output(run());
}

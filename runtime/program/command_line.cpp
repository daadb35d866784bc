#include "runtime/program/command_line.hpp"

#include "runtime/host/logging.hpp"
#include "runtime/program/legal_numbers.hpp"
#include "runtime/program/output.hpp"

namespace troupe::program {

CommandLine::CommandLine(const Parts& parts) : parts_(parts), app_(parts.summary, parts.name) {
  open_standard_streams();
  name_program(parts.name);
  host::start_logging();
  app_.require_subcommand(1);
  app_.footer(
      "Exit codes: 0 done, 1 rejected, violated or not found, 2 wrong arguments or cannot run,\n"
      "3 unknown outcome. Each command shows examples with --help.");
}

void CommandLine::add_commands_of_a_service() {
  for (const auto add :
       {add_node_command, add_send_command, add_query_command, add_state_command,
        add_decode_command, add_check_command, add_accept_log_command, add_skip_command})
    add(app_, run_, parts_);
}

int CommandLine::run(int argc, char** argv) {
  take_legal_numbers_only(app_);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return finish_output(app_.exit(error) == 0 ? exit_ok : exit_usage);
  }
  return finish_output(run_());
}

}  // namespace troupe::program

// A program's command line: reads it, runs the command, and ends with its exit code.
#pragma once

#include <CLI/CLI.hpp>

#include "runtime/program/commands.hpp"
#include "runtime/program/parts.hpp"

namespace troupe::program {

/// First in main(): it takes care of the standard streams and of the log.
class CommandLine {
public:
  /// REQUIRES: `parts` outlives it.
  explicit CommandLine(const Parts& parts);

  /// node, send, query, state, decode, check, accept-log and skip.
  void add_commands_of_a_service();

  /// For further commands.
  CLI::App& app() { return app_; }
  Run& run() { return run_; }
  const Parts& parts() const { return parts_; }

  /// Runs what the arguments ask for.
  int run(int argc, char** argv);

private:
  const Parts& parts_;
  CLI::App app_;
  Run run_;
};

}  // namespace troupe::program

// What the commands of the command line have in common: exit codes and the form of complaints.
#pragma once

#include <string>

namespace troupe::tool {

/// Exit codes of every command.
enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,  ///< rejected, violated, not found: the answer was no
  exit_usage = 2,    ///< wrong arguments, or what is needed is not there
  exit_unknown = 3,  ///< nobody can say whether it happened; repeat with the same command id
};

/// Writes "troupe: <sentence>" to stderr and returns `code`.
int complain(ExitCode code, const std::string& sentence);

/// Writes text and a line end to stdout.
void say(const std::string& text);

}  // namespace troupe::tool

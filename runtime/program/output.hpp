// What the commands of the command line have in common: exit codes and the form of complaints.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace troupe::program {

/// Exit codes of every command.
enum ExitCode : int {
  exit_ok = 0,
  exit_refused = 1,  ///< rejected, violated, not found: the answer was no
  exit_usage = 2,    ///< wrong arguments, or what is needed is not there
  exit_unknown = 3,  ///< nobody can say whether it happened; repeat with the same command id
};

/// First in a program: under this name it complains.
void name_program(std::string name);

/// Writes "<program>: <sentence>" to stderr, in one line, and returns `code`.
int complain(ExitCode code, const std::string& sentence);

/// Writes text and a line end to stdout. What controls a terminal is written out, as text and
/// sentences may come from outside.
void say(const std::string& text);

/// The same of a value, in one line or with `indent`.
void say_json(const nlohmann::ordered_json& value, int indent = -1);

/// First in a program: what it opens later never takes the place of an output that is closed.
void open_standard_streams();

/// Last in a program, with its exit code: where not all could be written to stdout it is a
/// complaint, and success becomes exit_refused.
int finish_output(int code);

}  // namespace troupe::program

// Runs a program and reads the JSON that it ends with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/base/result.hpp"
#include "runtime/program/stop_signals.hpp"

namespace troupe::tool {

/// The command line of this program with these arguments.
std::vector<std::string> this_program_with(std::vector<std::string> arguments);

/// The same of the shop's program, which lies beside this one.
std::vector<std::string> shop_with(std::vector<std::string> arguments);

/// How a program ended.
struct Ended {
  int code = 0;
  nlohmann::json json;  ///< of the last line that is JSON; null when there is none
  std::string words;    ///< the last line
};

/// Blocks to its end; everything it says goes to `log`. Fails when it cannot be started or the
/// person stops this one.
Result<Ended> run_program(std::vector<std::string> command, const std::filesystem::path& log,
                          const program::StopSignals& signals);

/// The last line that is not empty, or a sentence that there is none.
std::string last_line(const std::filesystem::path& log);

}  // namespace troupe::tool

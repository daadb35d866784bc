// troupe new: a project of one's own, to begin with.
#pragma once

#include "runtime/program/commands.hpp"

namespace troupe::tool {

/// `parts` outlives the command line.
void add_new_command(CLI::App& app, program::Run& run, const program::Parts& parts);

}  // namespace troupe::tool

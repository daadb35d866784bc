// What CLI11 takes for a number and is none.
#pragma once

#include <CLI/CLI.hpp>

namespace troupe::program {

/// Has every option of `app` and its commands refuse, where it wants a number that cannot be
/// negative, one that is, which CLI11 makes a large one of; and where it wants one with a fraction,
/// what is not finite. After all options are added.
void take_legal_numbers_only(CLI::App& app);

}  // namespace troupe::program

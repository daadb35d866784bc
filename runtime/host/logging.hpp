// The log of a process: one line per message, on stderr.
#pragma once

namespace troupe::host {

/// From now on spdlog writes to stderr, with colours on a terminal. Messages may hold what came
/// from outside: what is no printable text in them is written out, so that nothing can add a line
/// or control a terminal. What libraries would write to stderr themselves goes the same way, as
/// messages of level debug. Repeating it does nothing.
void start_logging();

}  // namespace troupe::host

// A hostile client: sends as fast as a socket takes it, and cares for no answer.
#pragma once

#include <string>

namespace troupe::tool {

struct FlooderOptions {
  std::string nats_url;
  /// commands, silent (commands that ask for no answer), names (commands that each ask for an
  /// answer to somebody else), slots (commands to slots' subjects), queries (for what is never
  /// reached) or services.
  std::string kind = "commands";
  std::string name = "1";  ///< tells one from the others
};

/// Blocks until SIGTERM, SIGINT, or the server hangs up; returns the program's exit code.
int run_flooder(const FlooderOptions& options);

}  // namespace troupe::tool

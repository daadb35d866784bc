// troupe-bench flood: what a node does while clients send as fast as they can.
#pragma once

#include <string>

namespace troupe::tool {

struct FloodOptions {
  unsigned hostile = 2;           ///< connections
  std::string kind = "commands";  ///< see FlooderOptions
  double seconds = 60;
  double rate = 50;  ///< honest commands per second
  bool json = false;
};

/// Exit code 1 when the node takes too much memory, when an honest client is not served, or when
/// the node takes too long to be as before.
int measure_flood(const FloodOptions& options);

}  // namespace troupe::tool

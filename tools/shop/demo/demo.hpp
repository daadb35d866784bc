// One run of the demo from start to end.
#pragma once

#include <cstdint>
#include <string>

#include "tools/shop/demo/script.hpp"

namespace troupe::tool {

struct DemoOptions {
  ScriptOptions script;
  double decline_rate = 0.02;
  std::string durability = "dev";
  std::string folder;  ///< empty: a temporary one
  bool memory = false;
  bool keep = false;
  bool json = false;
};

/// Blocks to the end, which SIGINT and SIGTERM bring about sooner. Returns the exit code: 0 when
/// every order ended and nothing is violated, 1 when not, 2 when it could not run.
int run_demo(const DemoOptions& options);

}  // namespace troupe::tool

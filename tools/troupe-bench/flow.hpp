// The workload that drives whole orders through the four contexts.
#pragma once

#include <cstddef>
#include <string>

namespace troupe::tool {

struct FlowOptions {
  std::string orders_file;  ///< empty: orders are made up
  std::size_t count = 1'000;
  std::string durability = "dev";
  unsigned rounds = 1;
  bool json = false;
};

/// How many invoices per second come to their end, by runs of the demo, each of which is checked as
/// a whole. Returns the exit code.
int measure_flow(const FlowOptions& options);

}  // namespace troupe::tool

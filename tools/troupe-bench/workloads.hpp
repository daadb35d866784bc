// The workloads that measure something else than the rate of commands.
#pragma once

#include <cstdint>
#include <string>

namespace troupe::tool {

struct WorkloadOptions {
  std::uint64_t instances = 100'000;
  std::uint64_t events = 10;  ///< of each instance, before the measurement
  std::size_t outstanding = 1'000;
  bool snapshots = true;
  std::string durability = "dev";
  bool json = false;
};

// Each runs on servers of its own, verifies the stream and returns the exit code.

/// How much memory a node takes for each instance that it holds, after one command each.
int measure_memory(const WorkloadOptions& options);

/// How fast a node that was started anew answers the first command of each instance.
int measure_activation(const WorkloadOptions& options);

/// How many events per second a node folds into a view, its start included.
int measure_replay(const WorkloadOptions& options);

}  // namespace troupe::tool

// What the processes of a run hold: memory, threads and descriptors, as the kernel says.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include <sys/types.h>

#include "runtime/base/result.hpp"

namespace troupe::tool {

/// Adds one look at these processes to the run's processes.jsonl. One that is gone has no line. A
/// node, which answers at `health_url`, also says how many instances it holds.
Result<void> record_processes(const std::filesystem::path& folder,
                              const std::map<std::string, pid_t>& processes,
                              const std::string& health_url);

}  // namespace troupe::tool

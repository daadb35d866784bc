// What the processes of a run held while it was looked at: processes.jsonl.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::check {

/// Written by whoever runs the processes; one line per process and look.
inline constexpr std::string_view process_samples_file = "processes.jsonl";

/// {"t":…,"type":"process","process":"node-1","pid":7,"rss_kb":51200,"threads":20,"fds":40,
/// "instances":300}. All samples of one look have the same time; a process that has none in a look
/// was gone.
struct ProcessSample {
  std::int64_t at_ns = 0;  ///< monotonic clock of the machine
  std::string process;     ///< the same when it was started again
  std::int64_t pid = 0;
  std::uint64_t rss_kb = 0;
  std::uint64_t threads = 0;
  std::uint64_t fds = 0;
  std::optional<std::uint64_t> instances{};  ///< in memory, of a node that said so
};

/// Fails with a sentence when the file is missing or a line makes no sense.
Result<std::vector<ProcessSample>> read_process_samples(const std::filesystem::path& folder);

}  // namespace troupe::check

// Reads samples of processes.
#include "runtime/check/history/process_samples.hpp"

#include "runtime/check/history/json_lines.hpp"

namespace troupe::check {

namespace {

ProcessSample parsed(const nlohmann::json& line) {
  ProcessSample sample{.at_ns = line.at("t"),
                       .process = line.at("process"),
                       .pid = line.at("pid"),
                       .rss_kb = line.at("rss_kb"),
                       .threads = line.at("threads"),
                       .fds = line.at("fds")};
  if (line.contains("instances")) sample.instances = line.at("instances").get<std::uint64_t>();
  return sample;
}

}  // namespace

Result<std::vector<ProcessSample>> read_process_samples(const std::filesystem::path& folder) {
  return read_json_lines(folder / process_samples_file, parsed);
}

}  // namespace troupe::check

#include "tools/shop/demo/process_look.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include <nlohmann/json.hpp>

#include "runtime/check/history/json_lines.hpp"
#include "runtime/check/history/process_samples.hpp"
#include "runtime/curl/http.hpp"

namespace troupe::tool {

namespace {

constexpr std::chrono::milliseconds look_timeout{2'000};
constexpr std::string_view node = "node";

/// The number behind a name in /proc/<pid>/status.
std::optional<std::uint64_t> figure(std::string_view status, const std::string& name) {
  const auto at = status.find("\n" + name + ":");
  if (at == std::string_view::npos) return std::nullopt;
  const auto digits = status.find_first_of("0123456789", at);
  if (digits == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(status.data() + digits, status.data() + status.size(), value);
  return value;
}

/// Nothing of a process that is gone.
std::optional<nlohmann::json> held_by(pid_t process) {
  const std::filesystem::path folder = "/proc/" + std::to_string(process);
  std::ifstream file(folder / "status");
  const std::string status{std::istreambuf_iterator<char>(file), {}};
  std::error_code error;
  std::filesystem::directory_iterator fd(folder / "fd", error);
  std::uint64_t fds = 0;
  for (; !error && fd != std::filesystem::directory_iterator(); fd.increment(error)) ++fds;
  const auto rss = figure(status, "VmRSS");
  const auto threads = figure(status, "Threads");
  if (error || !rss || !threads) return std::nullopt;
  return nlohmann::json{{"pid", process}, {"rss_kb", *rss}, {"threads", *threads}, {"fds", fds}};
}

std::optional<std::uint64_t> instances_at(const std::string& health_url) {
  const auto answer = curl::http_get(health_url + "/info", look_timeout);
  if (!answer) return std::nullopt;
  const auto info = nlohmann::json::parse(answer->body, nullptr, false);
  const auto contexts = info.is_object() ? info.find("contexts") : info.end();
  if (contexts == info.end() || !contexts->is_object()) return std::nullopt;
  std::uint64_t instances = 0;
  for (const auto& [name, context] : contexts->items())
    instances += context.value("instances", std::uint64_t{0});
  return instances;
}

}  // namespace

Result<void> record_processes(const std::filesystem::path& folder,
                              const std::map<std::string, pid_t>& processes,
                              const std::string& health_url) {
  auto lines = check::JsonLinesWriter::open(folder / check::process_samples_file);
  if (!lines) return tl::make_unexpected(lines.error());
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  for (const auto& [name, process] : processes) {
    auto line = held_by(process);
    if (!line) continue;
    line->update(
        {{"t", std::chrono::nanoseconds(now).count()}, {"type", "process"}, {"process", name}});
    if (name == node)
      if (const auto instances = instances_at(health_url)) (*line)["instances"] = *instances;
    lines->write(*line);
  }
  return {};
}

}  // namespace troupe::tool

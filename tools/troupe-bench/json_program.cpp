#include "tools/troupe-bench/json_program.hpp"

#include <fstream>

#include "tools/servers/child_process.hpp"

namespace troupe::tool {

namespace {

using namespace std::chrono_literals;

Result<int> wait_for_end(ChildProcess& child, const program::StopSignals& signals) {
  for (;;) {
    if (const auto code = child.wait(200ms)) return *code;
    if (signals.wait_for(0ms)) return permanent("it was stopped");
  }
}

/// Complaints may stand behind it.
nlohmann::json last_json(const std::filesystem::path& log) {
  std::ifstream file(log);
  nlohmann::json last;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with('{')) continue;
    auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object()) last = std::move(json);
  }
  return last;
}

}  // namespace

std::vector<std::string> this_program_with(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::filesystem::read_symlink("/proc/self/exe").string());
  return arguments;
}

std::vector<std::string> shop_with(std::vector<std::string> arguments) {
  const auto self = std::filesystem::read_symlink("/proc/self/exe");
  arguments.insert(arguments.begin(), (self.parent_path() / "shop").string());
  return arguments;
}

Result<Ended> run_program(std::vector<std::string> command, const std::filesystem::path& log,
                          const program::StopSignals& signals) {
  auto child = ChildProcess::start({.argv = std::move(command), .log = log});
  if (!child) return tl::make_unexpected(child.error());
  const auto code = wait_for_end(*child, signals);
  if (!code) return tl::make_unexpected(code.error());
  return Ended{*code, last_json(log), last_line(log)};
}

std::string last_line(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::string last = "it says nothing";
  for (std::string line; std::getline(file, line);)
    if (!line.empty()) last = line;
  // Who shows it says a program's name once more.
  for (const std::string_view name : {"troupe-bench: ", "shop: "})
    if (last.starts_with(name)) return last.substr(name.size());
  return last;
}

}  // namespace troupe::tool

#include "tools/troupe/new_command.hpp"

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include <spdlog/fmt/fmt.h>

#include "runtime/program/output.hpp"
#include "tools/troupe/project.hpp"

namespace troupe::tool {

namespace {

using namespace program;

struct NewCommand {
  std::string name;
  std::string folder;
  bool json = false;
};

int print(const NewCommand& options, const std::vector<ProjectFile>& files) {
  if (options.json) {
    nlohmann::ordered_json out{{"name", options.name}, {"folder", options.folder}};
    for (const auto& file : files) out["files"].push_back(file.path.string());
    say_json(out);
    return exit_ok;
  }
  say(
      fmt::format("{0} is written: {1} files. Go on with\n"
                  "  cd {0}\n"
                  "  tools/test             # set-up, build, and every test\n"
                  "  tools/run --count 20   # 20 commands to a node, on servers of their own\n"
                  "README.md has the next steps.",
                  options.folder, files.size()));
  return exit_ok;
}

int make_project(NewCommand options) {
  if (const auto objection = objection_to_name(options.name); !objection.empty())
    return complain(exit_usage, objection);
  if (options.folder.empty()) options.folder = options.name;
  const auto files = project_files(options.name);
  if (const auto written = write_project(options.folder, files); !written)
    return complain(exit_usage, written.error().what);
  return print(options, files);
}

}  // namespace

void add_new_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("new", "Write a project with a service of one's own");
  auto options = std::make_shared<NewCommand>();
  command->add_option("name", options->name, "Of the service, its context and its program")
      ->required();
  command->add_option("--dir", options->folder, "The folder to make; by default the name");
  command->add_flag("--json", options->json, "What was written as one line of JSON");
  command->footer(
      fmt::format("Examples:\n"
                  "  {0} new subscriptions && cd subscriptions && tools/test\n"
                  "  {0} new billing --dir ~/src/billing\n"
                  "Exit codes: 0 written, 2 a name or folder that cannot be used; then "
                  "nothing was written.",
                  parts.name));
  command->callback([&run, options] { run = [options] { return make_project(*options); }; });
}

}  // namespace troupe::tool

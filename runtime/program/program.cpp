// The public program, on the command line and the host.
#include <troupe/program.hpp>

#include <algorithm>
#include <thread>

#include <spdlog/spdlog.h>

#include "runtime/host/config.hpp"
#include "runtime/host/logging.hpp"
#include "runtime/host/node.hpp"
#include "runtime/program/command_line.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/parts.hpp"

namespace troupe {

namespace {

class HostedNode final : public RunningNode {
public:
  explicit HostedNode(std::unique_ptr<host::Node> node) : node_(std::move(node)) {}

  void stop() override {
    if (const auto node = std::exchange(node_, nullptr)) node->stop();
  }

private:
  std::unique_ptr<host::Node> node_;
};

bool has_effect(const std::vector<ContextModel>& contexts, std::string_view name) {
  return std::ranges::any_of(contexts, [&](const ContextModel& context) {
    return std::ranges::find(context.effects, name, &EffectModel::name) != context.effects.end();
  });
}

/// For servers that are away; asks nobody whether to give up.
bool wait_and_go_on(std::chrono::milliseconds time) {
  std::this_thread::sleep_for(time);
  return false;
}

/// What is wrong with the program however it is configured, or empty.
std::string mistake_in(const program::Parts& parts) {
  if (!parts.mistake.empty()) return parts.mistake;
  if (parts.host.contexts.empty())
    return fmt::format("the program {} serves no context: give it one with .context<…>()",
                       parts.name);
  for (const auto& [effect, make] : parts.host.effects)
    if (!has_effect(parts.host.contexts, effect))
      return fmt::format("no context of the program {} has the effect {} that it gives a port",
                         parts.name, effect);
  return {};
}

}  // namespace

Program::Program(std::string name) : parts_(std::make_unique<program::Parts>()) {
  parts_->summary = fmt::format("{}: services on Troupe", name);
  parts_->name = std::move(name);
}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

Program& Program::context(ContextModel model) {
  parts_->host.contexts.push_back(std::move(model));
  return *this;
}

Program& Program::effect(std::string_view name, MakePort make) {
  const bool is_first = parts_->host.effects.emplace(name, std::move(make)).second;
  if (!is_first && parts_->mistake.empty())
    parts_->mistake =
        fmt::format("the program {} gives the effect {} two ports", parts_->name, name);
  return *this;
}

Program& Program::settings(std::string toml) {
  auto& all = parts_->host.settings;
  if (!all.empty() && all.back() != '\n') all += '\n';
  all += toml;
  return *this;
}

int Program::run(int argc, char** argv) {
  program::CommandLine line(*parts_);
  if (const auto mistake = mistake_in(*parts_); !mistake.empty())
    return program::complain(program::exit_usage, mistake);
  line.add_commands_of_a_service();
  return line.run(argc, argv);
}

tl::expected<std::unique_ptr<RunningNode>, std::string> Program::start(std::string_view toml,
                                                                       const GivenUp& given_up) {
  if (auto mistake = mistake_in(*parts_); !mistake.empty()) return tl::unexpected(mistake);
  host::start_logging();
  auto config = host::parse_config(toml, "the configuration", parts_->host);
  if (!config) return tl::unexpected(config.error().what);
  spdlog::set_level(spdlog::level::from_str(config->log_level));
  auto node = host::Node::start(std::move(*config), parts_->host,
                                given_up ? given_up : GivenUp(wait_and_go_on));
  if (!node) return tl::unexpected(node.error().what);
  return std::make_unique<HostedNode>(std::move(*node));
}

}  // namespace troupe

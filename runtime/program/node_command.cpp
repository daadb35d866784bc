// The command node: one runtime process, as in production.
#include <chrono>
#include <cstdlib>

#include <spdlog/spdlog.h>

#include <spdlog/fmt/fmt.h>

#include "runtime/base/fault_point.hpp"
#include "runtime/host/config.hpp"
#include "runtime/host/node.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"

namespace troupe::program {

namespace {

using namespace std::chrono_literals;

struct NodeOptions {
  std::string config_file;
  bool print_config = false;
};

/// Tests of bad moments only; nothing else of a node is in its environment.
Result<void> arm_faults() {
  const char* faults = std::getenv("TROUPE_FAULTS");
  if (faults == nullptr) return {};
  const auto plan = FaultPlan::parse(faults);
  if (!plan) return permanent("TROUPE_FAULTS: " + plan.error().what);
  arm_fault_points(*plan);
  spdlog::warn("Fault points are armed: {}.", faults);
  return {};
}

/// A start waits for servers, and each of them may take long to not answer. Nothing that a node has
/// begun by then needs to be ended: its end is as that of one that is killed.
void give_up_starting(const std::string& name) {
  spdlog::info("Node {} stops before it has started.", name);
  spdlog::shutdown();
  std::_Exit(exit_ok);
}

int serve(const NodeOptions& options, const host::Program& program) {
  if (options.print_config) {
    say(host::default_config(program));
    return exit_ok;
  }
  if (options.config_file.empty())
    return complain(exit_usage,
                    "name a configuration with --config FILE; --print-config shows one");
  if (const auto armed = arm_faults(); !armed) return complain(exit_usage, armed.error().what);
  auto config = host::load_config(options.config_file, program);
  if (!config) return complain(exit_usage, config.error().what);
  spdlog::set_level(spdlog::level::from_str(config->log_level));
  StopSignals signals;
  const auto name = config->name;
  signals.on_stop([name] { give_up_starting(name); });
  auto node = host::Node::start(std::move(*config), program,
                                [&](auto time) { return signals.wait_for(time); });
  signals.on_stop({});
  if (!node) return complain(exit_usage, node.error().what);
  signals.wait();
  spdlog::info("Node {} stops.", name);
  (*node)->stop();
  return exit_ok;
}

}  // namespace

void add_node_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("node", "Run contexts until SIGTERM or SIGINT");
  auto options = std::make_shared<NodeOptions>();
  command->add_option("--config", options->config_file, "Configuration in TOML");
  command->add_flag("--print-config", options->print_config,
                    "Print the commented default configuration and exit");
  command->footer(fmt::format(
      "Examples:\n"
      "  {0} node --print-config > {0}.toml\n"
      "  {0} node --config {0}.toml\n"
      "Exit codes: 0 stopped by a signal, 2 could not start, 3 NATS gave its connection "
      "up for good: start it anew.",
      parts.name));
  command->callback(
      [&run, &parts, options] { run = [&parts, options] { return serve(*options, parts.host); }; });
}

}  // namespace troupe::program

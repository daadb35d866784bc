// troupe-bench: how fast the runtime is, beside a floor that does nothing else.
#include <spdlog/spdlog.h>

#include "runtime/host/config.hpp"
#include "runtime/host/node.hpp"
#include "runtime/program/command_line.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/shop/commands/orders_options.hpp"
#include "tools/troupe-bench/bench_context.hpp"
#include "tools/troupe-bench/flood.hpp"
#include "tools/troupe-bench/flooder.hpp"
#include "tools/troupe-bench/floor.hpp"
#include "tools/troupe-bench/flow.hpp"
#include "tools/troupe-bench/honest.hpp"
#include "tools/troupe-bench/measure.hpp"
#include "tools/troupe-bench/workloads.hpp"

namespace troupe::tool {

namespace {

void add_load_options(CLI::App& command, LoadOptions& load) {
  command.add_option("--instances", load.instances, "How many instances the commands are for")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--outstanding", load.outstanding, "Closed loop: commands under way")
      ->check(CLI::Range(1, 8'000))
      ->capture_default_str();
  command
      .add_option("--rate", load.rate,
                  "Open loop: commands per second; latency counts from the intended start")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--zipf", load.zipf, "Exponent of Zipf's law for the instances; 0: uniform")
      ->check(CLI::Range(0.0, 3.0))
      ->capture_default_str();
  command.add_option("--payload", load.payload, "Bytes in each command")
      ->check(CLI::Range(0, 100'000))
      ->capture_default_str();
  command.add_option("--warm-up", load.warm_up_s, "Seconds before the measurement")
      ->check(CLI::Range(0.0, 600.0))
      ->capture_default_str();
  command.add_option("--seconds", load.seconds, "Seconds of the measurement")
      ->check(CLI::Range(0.1, 3'600.0))
      ->capture_default_str();
  command.add_option("--seed", load.seed, "Decides the instances")->capture_default_str();
}

/// What every workload has.
void add_measured(CLI::App& command, std::string& durability, bool& json) {
  command
      .add_option("--durability", durability,
                  "dev, or durable: the server syncs before it acknowledges")
      ->check(CLI::IsMember({"dev", "durable"}))
      ->capture_default_str();
  command.add_flag("--json", json, "The figures as one line of JSON");
}

void add_rounds(CLI::App& command, unsigned& rounds) {
  command.add_option("--rounds", rounds, "Runs of each; the best counts")
      ->check(CLI::Range(1, 20))
      ->capture_default_str();
}

std::shared_ptr<CommandsOptions> add_measure_options(CLI::App& command) {
  auto options = std::make_shared<CommandsOptions>();
  add_load_options(command, options->load);
  add_measured(command, options->stage.durability, options->json);
  add_rounds(command, options->rounds);
  return options;
}

void add_commands(CLI::App& bench, program::Run& run) {
  auto* command =
      bench.add_subcommand("commands", "Commands of one event each, answered by a node");
  auto options = add_measure_options(*command);
  command
      ->add_option_function<std::string>(
          "--vs", [options](const std::string&) { options->versus_floor = true; },
          "floor: measure that too, in turn, and print the ratio")
      ->check(CLI::IsMember({"floor"}));
  command->footer(
      "Examples:\n"
      "  troupe-bench commands --outstanding 1000 --vs floor --rounds 3\n"
      "  troupe-bench commands --durability durable --zipf 1 --json\n"
      "  troupe-bench commands --rate 5000 --seconds 20\n"
      "Exit codes: 0 measured and verified, 1 the stream is not what was acknowledged, 2 it could\n"
      "not run.");
  command->callback([&run, options] {
    options->stage.instances_max = std::max<std::uint64_t>(2 * options->load.instances, 100'000);
    run = [options] { return measure_commands(*options); };
  });
}

void add_floor(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand("floor", "The same by hand against nats.c: no runtime");
  auto options = add_measure_options(*command);
  command->footer("Example:\n  troupe-bench floor --outstanding 1000 --rounds 3");
  command->callback([&run, options] { run = [options] { return measure_floor(*options); }; });
}

using Measure = int (*)(const WorkloadOptions&);

/// The options that all of them have; the caller adds its own.
std::shared_ptr<WorkloadOptions> add_workload(CLI::App& command, program::Run& run, Measure measure,
                                              std::uint64_t instances) {
  auto options = std::make_shared<WorkloadOptions>();
  options->instances = instances;
  command.add_option("--instances", options->instances, "How many instances there are")
      ->check(CLI::Range(1, 10'000'000))
      ->capture_default_str();
  command.add_option("--outstanding", options->outstanding, "Commands under way")
      ->check(CLI::Range(1, 8'000))
      ->capture_default_str();
  add_measured(command, options->durability, options->json);
  command.callback([&run, options, measure] { run = [=] { return measure(*options); }; });
  return options;
}

void add_events(CLI::App& command, const std::shared_ptr<WorkloadOptions>& options) {
  command.add_option("--events", options->events, "Events of each instance before the measurement")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
}

void add_others(CLI::App& bench, program::Run& run) {
  auto* memory = bench.add_subcommand("memory", "Memory of a node per instance that it holds");
  add_workload(*memory, run, measure_memory, 100'000);
  memory->footer("Example:\n  troupe-bench memory --instances 1000000");

  auto* activate = bench.add_subcommand("activate", "First commands of instances after a restart");
  const auto options = add_workload(*activate, run, measure_activation, 10'000);
  add_events(*activate, options);
  activate->add_flag("!--no-snapshots", options->snapshots, "Redis has lost them");
  activate->footer(
      "Examples:\n"
      "  troupe-bench activate --events 100 --outstanding 64\n"
      "  troupe-bench activate --events 100 --no-snapshots");

  auto* replay = bench.add_subcommand("replay", "Events folded into a view, from the first on");
  add_events(*replay, add_workload(*replay, run, measure_replay, 10'000));
  replay->footer("Example:\n  troupe-bench replay --instances 10000 --events 50");
}

void add_flow(CLI::App& bench, program::Run& run) {
  auto* command =
      bench.add_subcommand("flow", "Whole orders through the four contexts, as in the demo");
  auto options = std::make_shared<FlowOptions>();
  add_orders_options(*command, options->orders_file, options->count);
  add_measured(*command, options->durability, options->json);
  add_rounds(*command, options->rounds);
  command->footer(
      "Examples:\n"
      "  troupe-bench flow --rounds 3\n"
      "  troupe-bench flow --orders orders.csv.gz --durability durable --json");
  command->callback([&run, options] { run = [options] { return measure_flow(*options); }; });
}

CLI::IsMember flood_kinds() {
  return CLI::IsMember({"commands", "silent", "names", "slots", "queries", "services"});
}

void add_flood(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand(
      "flood", "Hostile clients send as fast as they can: memory, an honest client, recovery");
  auto options = std::make_shared<FloodOptions>();
  command->add_option("--hostile", options->hostile, "Hostile connections")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  command->add_option("--kind", options->kind, "What they send")
      ->check(flood_kinds())
      ->capture_default_str();
  command->add_option("--seconds", options->seconds, "How long")
      ->check(CLI::Range(1.0, 3'600.0))
      ->capture_default_str();
  command->add_option("--rate", options->rate, "Commands per second of an honest client")
      ->check(CLI::Range(1.0, 1'000.0))
      ->capture_default_str();
  command->add_flag("--json", options->json, "The figures as one line of JSON");
  command->footer(
      "Examples:\n"
      "  troupe-bench flood\n"
      "  troupe-bench flood --kind queries --seconds 10 --json\n"
      "Exit codes: 0 all bounds kept, 1 one was not, 2 it could not run.");
  command->callback([&run, options] { run = [options] { return measure_flood(*options); }; });
}

// The processes of a measurement; not for people.

void add_flooder(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand("flooder", "")->group("");
  auto options = std::make_shared<FlooderOptions>();
  command->add_option("--nats", options->nats_url)->required();
  command->add_option("--kind", options->kind)->check(flood_kinds());
  command->add_option("--name", options->name);
  command->callback([&run, options] { run = [options] { return run_flooder(*options); }; });
}

void add_honest(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand("honest", "")->group("");
  auto options = std::make_shared<HonestOptions>();
  command->add_option("--nats", options->nats_url)->required();
  command->add_option("--rate", options->rate);
  command->add_option("--seconds", options->seconds);
  command->callback([&run, options] {
    run = [options]() -> int {
      const auto result = run_honest(*options);
      if (!result) return program::complain(program::exit_usage, result.error().what);
      program::say(nlohmann::json(*result).dump());
      return program::exit_ok;
    };
  });
}

int serve_node(const std::string& file, bool view) {
  program::StopSignals signals;
  const host::Program program{
      .contexts = {view ? model_of<::bench::BenchWithView>() : model_of<::bench::Bench>()}};
  auto config = host::load_config(file, program);
  if (!config) return program::complain(program::exit_usage, config.error().what);
  auto node = host::Node::start(std::move(*config), program, [](auto) { return true; });
  if (!node) return program::complain(program::exit_usage, node.error().what);
  signals.wait();
  (*node)->stop();
  return program::exit_ok;
}

void add_node(CLI::App& bench, program::Run& run) {
  struct Options {
    std::string file;
    bool view = false;
  };
  auto* command = bench.add_subcommand("node", "")->group("");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->file)->required();
  command->add_flag("--view", options->view);
  command->callback(
      [&run, options] { run = [options] { return serve_node(options->file, options->view); }; });
}

void add_floor_handler(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand("floor-handler", "")->group("");
  auto options = std::make_shared<FloorOptions>();
  auto publish = std::make_shared<std::string>("asap");
  command->add_option("--nats", options->nats_url)->required();
  command->add_option("--body-bytes", options->body_bytes)->check(CLI::Range(8, 1'000'000));
  command->add_option("--publish", *publish)->check(CLI::IsMember({"asap", "buffered"}));
  command->callback([&run, options, publish] {
    options->send_asap = *publish == "asap";
    run = [options] { return serve_floor(*options); };
  });
}

void add_load(CLI::App& bench, program::Run& run) {
  auto* command = bench.add_subcommand("load", "")->group("");
  auto options = std::make_shared<LoadOptions>();
  command->add_option("--nats", options->nats_url)->required();
  add_load_options(*command, *options);
  command->add_flag("--each-once", options->each_once);
  command->add_option_function<std::vector<std::string>>(
      "--watch", [options](const std::vector<std::string>& all) {
        for (const auto& one : all) {
          const auto at = one.find('=');
          options->watched[one.substr(0, at)] = std::stoi(one.substr(at + 1));
        }
      });
  command->callback([&run, options] {
    run = [options]() -> int {
      const auto result = run_load(*options);
      if (!result) return program::complain(program::exit_usage, result.error().what);
      program::say_json(nlohmann::json(*result));
      return program::exit_ok;
    };
  });
}

}  // namespace

}  // namespace troupe::tool

int main(int argc, char** argv) {
  using namespace troupe;
  const program::Parts parts{
      .name = "troupe-bench",
      .summary = "Measures on private servers, and verifies what is claimed"};
  program::CommandLine line(parts);
  spdlog::set_level(spdlog::level::warn);
  auto& app = line.app();
  auto& run = line.run();
  app.footer(
      "Each run starts servers of its own on loopback and ends them. Node, servers and load\n"
      "generator are processes of their own.\n"
      "Example:\n"
      "  troupe-bench commands --outstanding 1000 --instances 10000 --vs floor");
  tool::add_commands(app, run);
  tool::add_floor(app, run);
  tool::add_flow(app, run);
  tool::add_others(app, run);
  tool::add_flood(app, run);
  tool::add_flooder(app, run);
  tool::add_honest(app, run);
  tool::add_node(app, run);
  tool::add_floor_handler(app, run);
  tool::add_load(app, run);
  return line.run(argc, argv);
}

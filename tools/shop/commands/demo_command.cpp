// shop demo: orders through the four services, and what came of them.
#include "tools/shop/commands/commands.hpp"
#include "tools/shop/commands/orders_options.hpp"
#include "tools/shop/demo/demo.hpp"

namespace troupe::tool {

void add_demo_command(program::CommandLine& line) {
  auto* command = line.app().add_subcommand(
      "demo", "Drive orders through four services on private servers and check the outcome");
  auto options = std::make_shared<DemoOptions>();
  add_script_options(*command, options->script, "Decides the orders and whom the gateway declines");
  command->add_option("--decline-rate", options->decline_rate, "Share of payments declined")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      ->add_option("--durability", options->durability,
                   "dev, or durable: the server syncs before it acknowledges")
      ->check(CLI::IsMember({"dev", "durable"}))
      ->capture_default_str();
  command->add_option("--dir", options->folder, "New or empty folder that keeps the run's files");
  auto* memory = command->add_flag("--memory", options->memory,
                                   "No servers: every port in memory, in this process");
  command->add_flag("--keep", options->keep, "Leave all running at the end")->excludes(memory);
  command->add_flag("--json", options->json, "The outcome as one line of JSON");
  command->footer(
      "Examples:\n"
      "  shop demo\n"
      "  shop demo --orders orders.csv.gz --json\n"
      "  shop demo --memory --count 100\n"
      "  shop demo --keep\n"
      "While it runs, run.json in its folder names the processes and addresses.\n"
      "Exit codes: 0 every order ended and nothing is violated, 1 not so, 2 it could not run.");
  command->callback(
      [&run = line.run(), options] { run = [options] { return run_demo(*options); }; });
}

}  // namespace troupe::tool

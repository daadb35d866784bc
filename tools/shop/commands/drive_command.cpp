// shop drive: orders against servers that run already, for runs in which things fail.
#include "runtime/ports/subject.hpp"
#include "runtime/program/server_options.hpp"
#include "tools/shop/commands/commands.hpp"
#include "tools/shop/commands/orders_options.hpp"
#include "tools/shop/drive/drive.hpp"

namespace troupe::tool {

namespace {

void add_load_options(CLI::App& command, DriveOptions& options) {
  command
      .add_option("--seconds", options.seconds,
                  "Begin no order afterwards; 0: begin all of them, however long it takes")
      ->check(CLI::Range(0.0, 86'400.0))
      ->capture_default_str();
  command.add_flag("--until-eof", options.until_eof,
                   "Begin no order after the end of the standard input either");
  command
      .add_option("--rate", options.orders_per_second,
                  "Orders a second at most; 0: as fast as it goes")
      ->check(CLI::Range(0.0, 10'000.0))
      ->capture_default_str();
  command.add_option("--open", options.open_orders_max, "Orders under way at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command.add_option("--clients", options.clients, "Clients that send side by side")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command
      .add_option("--repeat-share", options.repeat_share,
                  "Share of the commands sent two to five times, at once and late")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      .add_option("--probe-rate", options.probes_per_second,
                  "Probes of each slot of the inventory a second, written to probe.jsonl; 0: none")
      ->check(CLI::Range(0.0, 1'000.0))
      ->capture_default_str();
  command
      .add_option("--read-rate", options.reads_per_second,
                  "Questions to the views a second, one after the other; 0: none")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_option("--slots", options.slots, "Slots of a context, for the probes")
      ->check(CLI::Range(1, 4'096))
      ->capture_default_str();
  command
      .add_option("--settle", options.settle_seconds,
                  "Seconds after the load in which what is unknown is repeated")
      ->check(CLI::Range(0.0, 3'600.0))
      ->capture_default_str();
}

}  // namespace

void add_drive_command(program::CommandLine& line) {
  auto* command = line.app().add_subcommand(
      "drive", "Drive orders through servers that run already, and record what clients were told");
  auto options = std::make_shared<DriveOptions>();
  options->slots = slots_default;
  program::add_nats_options(*command, options->nats);
  command->add_option("--history", options->folder, "Existing folder for history.jsonl")
      ->required();
  add_script_options(*command, options->script, "Decides the orders and what is repeated when");
  add_load_options(*command, *options);
  command->add_flag("--json", options->json, "The outcome as one line of JSON");
  command->footer(
      "Examples:\n"
      "  shop drive --history runs/today --count 500\n"
      "  shop drive --history runs/today --count 20000 --seconds 180 --rate 20 --probe-rate 20 "
      "--json\n"
      "The streams must be empty. An unknown answer is repeated with the same id until it is not.\n"
      "Exit codes: 0 every order ended and every command was answered, 1 not so, 2 it could not "
      "run.");
  command->callback(
      [&run = line.run(), options] { run = [options] { return run_drive(*options); }; });
}

}  // namespace troupe::tool

// shop gateway: the simulated payment gateway as a process of its own.
#include <optional>

#include <spdlog/spdlog.h>

#include "runtime/program/output.hpp"
#include "runtime/program/server_options.hpp"
#include "runtime/program/stop_signals.hpp"
#include "tools/shop/commands/commands.hpp"
#include "tools/shop/sim/gateway_service.hpp"

namespace troupe::tool {

namespace {

struct GatewayCommand {
  program::NatsOptions nats;
  std::string ledger_folder;
  GatewayOptions gateway;
};

int serve(const GatewayCommand& options) {
  program::StopSignals signals;
  std::optional<std::filesystem::path> folder;
  if (!options.ledger_folder.empty()) folder = options.ledger_folder;
  const auto gateway = Gateway::open(options.gateway, folder);
  if (!gateway) return program::complain(program::exit_usage, gateway.error().what);
  const auto connection = nats::Connection::open(options.nats.as("gateway"));
  if (!connection) return program::complain(program::exit_usage, connection.error().what);
  const auto service = GatewayService::start(**connection, **gateway);
  if (!service) return program::complain(program::exit_usage, service.error().what);
  spdlog::info("The payment gateway listens on {} at {}.", GatewayService::subject,
               options.nats.address());
  signals.wait();
  return program::exit_ok;
}

}  // namespace

void add_gateway_command(program::CommandLine& line) {
  auto* command = line.app().add_subcommand("gateway", "Run the simulated payment gateway");
  auto options = std::make_shared<GatewayCommand>();
  auto& gateway = options->gateway;
  program::add_nats_options(*command, options->nats);
  command->add_option("--ledger", options->ledger_folder,
                      "Folder for gateway.jsonl; what it holds already is remembered");
  command->add_option("--seed", gateway.seed, "Decides whom it declines")->capture_default_str();
  const std::pair<const char*, std::pair<double*, const char*>> rates[] = {
      {"--decline-rate", {&gateway.decline_rate, "Share of the authorisations it declines"}},
      {"--late-rate", {&gateway.late_rate, "Share of the calls it answers too late at first"}},
      {"--timeout-rate", {&gateway.timeout_rate, "Share of the calls it does not answer at first"}},
  };
  for (const auto& [name, target] : rates)
    command->add_option(name, *target.first, target.second)
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
  command->add_flag("--down", gateway.down, "Answer 503 to everything");
  command->footer(
      "Example:\n"
      "  shop gateway --nats nats://127.0.0.1:4222 --decline-rate 0.02 --seed 7\n"
      "Exit codes: 0 stopped by a signal, 2 could not start, 3 NATS gave its connection up for "
      "good.");
  command->callback([&run = line.run(), options] { run = [options] { return serve(*options); }; });
}

}  // namespace troupe::tool

#include "tools/troupe-bench/flow.hpp"

#include <algorithm>
#include <iostream>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "runtime/program/output.hpp"
#include "tools/servers/temp_folder.hpp"
#include "tools/troupe-bench/json_program.hpp"

namespace troupe::tool {

namespace {

using Json = nlohmann::json;

/// What one run of the demo says, in the terms of the bench.
Json figures_of(const Json& demo) {
  const auto& orders = demo.at("orders");
  const auto invoices = orders.at("placed").get<double>() + orders.at("rejected").get<double>()
                        + orders.at("cancelled_by_customer").get<double>()
                        + orders.at("nothing_to_cancel").get<double>();
  const auto seconds = demo.at("seconds").get<double>();
  const auto us = [&](const char* share) {
    return 1'000 * demo.at("order_ms").at(share).get<double>();
  };
  Json cpu;
  for (const auto& [name, used] : demo.at("cpu_s").items())
    cpu[name] = 1'000 * used.get<double>() / std::max(invoices, 1.0);
  return {{"invoices", invoices},
          {"seconds", seconds},
          {"rate_per_s", invoices / seconds},
          {"commits_per_s", demo.at("commits").get<double>() / seconds},
          {"p50_us", us("p50")},
          {"p99_us", us("p99")},
          {"p999_us", us("p999")},
          {"cpu_s_per_1000", std::move(cpu)}};
}

/// The figures of one run, or the exit code when it did not end well and the reason was told.
tl::expected<Json, int> run_once(const FlowOptions& options, const program::StopSignals& signals) {
  const auto folder = TempFolder::make("troupe-bench-flow");
  if (!folder)
    return tl::make_unexpected(program::complain(program::exit_usage, folder.error().what));
  std::vector<std::string> command{"demo", "--json", "--durability", options.durability};
  if (options.orders_file.empty())
    command.insert(command.end(), {"--count", std::to_string(options.count)});
  else
    command.insert(command.end(), {"--orders", options.orders_file});
  const auto demo =
      run_program(shop_with(std::move(command)), folder->path() / "demo.log", signals);
  if (!demo) return tl::make_unexpected(program::complain(program::exit_usage, demo.error().what));
  if (demo->code != 0 || !demo->json.is_object())
    return tl::make_unexpected(program::complain(
        demo->code == program::exit_refused ? program::exit_refused : program::exit_usage,
        demo->words));
  auto figures = figures_of(demo->json);
  std::cerr << fmt::format("flow  {:.0f} invoices in {:.1f} s, {:.0f} commits/s\n",
                           figures["invoices"].get<double>(), figures["seconds"].get<double>(),
                           figures["commits_per_s"].get<double>());
  return figures;
}

}  // namespace

// The demo checks each run against all invariants, and ends with another code than 0 when one is
// violated or not checked.
int measure_flow(const FlowOptions& options) {
  const program::StopSignals signals;
  std::vector<Json> runs;
  for (unsigned round = 0; round < options.rounds; ++round) {
    auto run = run_once(options, signals);
    if (!run) return run.error();
    runs.push_back(std::move(*run));
  }
  Json report = *std::ranges::min_element(
      runs, {}, [](const Json& run) { return run.at("seconds").get<double>(); });
  report["workload"] = "flow";
  report["durability"] = options.durability;
  report["verified"] = true;
  report["runs"] = std::move(runs);
  if (options.json) {
    program::say_json(report);
    return program::exit_ok;
  }
  report.erase("runs");
  for (const auto& [key, value] : report.items())
    program::say(fmt::format("{:<20} {}", key, value.dump()));
  return program::exit_ok;
}

}  // namespace troupe::tool

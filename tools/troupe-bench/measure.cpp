#include "tools/troupe-bench/measure.hpp"

#include <algorithm>
#include <iostream>

#include <spdlog/fmt/fmt.h>

#include "runtime/program/output.hpp"

namespace troupe::tool {

namespace {

struct Variant {
  Answering who;
  const char* name;
};
constexpr Variant runtime{Answering::runtime, "troupe"};
constexpr Variant asap{Answering::floor_asap, "floor, send-asap"};
constexpr Variant buffered{Answering::floor_buffered, "floor, buffered"};

/// All runs of one variant.
struct Series {
  Variant variant;
  std::vector<Figures> runs;

  /// The quickest answer counts for one command at a time, the highest rate for many.
  const Figures& best(bool by_latency) const {
    return *std::ranges::min_element(runs, [&](const Figures& a, const Figures& b) {
      return by_latency ? a.p50_us < b.p50_us : a.rate_per_s > b.rate_per_s;
    });
  }
  bool verified() const {
    return std::ranges::all_of(runs, [](const Figures& run) { return run.problem.empty(); });
  }
};

void show(const char* name, const Figures& f) {
  std::cerr << fmt::format(
      "{:<18} {:>9.0f}/s  p50 {:>8.0f} us  p99 {:>8.0f} us  p99.9 {:>8.0f} us{}\n", name,
      f.rate_per_s, f.p50_us, f.p99_us, f.p999_us,
      f.problem.empty() ? "" : "  NOT VERIFIED: " + f.problem);
}

/// In turn, so that what else the machine does meets all alike.
Result<std::vector<Series>> measure_in_turn(const CommandsOptions& options,
                                            const std::vector<Variant>& variants) {
  program::StopSignals signals;
  std::vector<Series> all;
  for (const auto& variant : variants) all.push_back({variant, {}});
  for (unsigned round = 0; round < options.rounds; ++round)
    for (auto& series : all) {
      auto stage = options.stage;
      stage.who = series.variant.who;
      auto figures = measure(stage, options.load, signals);
      if (!figures)
        return permanent(fmt::format("{}: {}", series.variant.name, figures.error().what));
      show(series.variant.name, *figures);
      series.runs.push_back(std::move(*figures));
    }
  return all;
}

nlohmann::json runs_of(const Series& series) {
  nlohmann::json runs = nlohmann::json::array();
  for (const auto& run : series.runs) runs.push_back(to_json(run));
  return runs;
}

nlohmann::json head(const char* workload, const CommandsOptions& options) {
  return {{"workload", workload},
          {"durability", options.stage.durability},
          {"outstanding", options.load.outstanding},
          {"instances", options.load.instances},
          {"zipf", options.load.zipf},
          {"payload", options.load.payload},
          {"offered_per_s", options.load.rate}};
}

int report(nlohmann::json report, const std::vector<Series>& all, const CommandsOptions& options) {
  const bool verified = std::ranges::all_of(all, &Series::verified);
  report["verified"] = verified;
  if (options.json) program::say_json(report);
  if (verified) return program::exit_ok;
  return program::complain(program::exit_refused, "the stream does not hold what was acknowledged");
}

}  // namespace

nlohmann::json to_json(const Figures& f) {
  nlohmann::json json{{"rate_per_s", f.rate_per_s},
                      {"p50_us", f.p50_us},
                      {"p99_us", f.p99_us},
                      {"p999_us", f.p999_us},
                      {"cpu_s_per_1000", f.cpu_s_per_1000},
                      {"repeats", f.repeats},
                      {"unknown", f.unknown}};
  if (!f.problem.empty()) json["problem"] = f.problem;
  return json;
}

Result<Figures> measure(const BenchStageOptions& options, const LoadOptions& load,
                        const program::StopSignals& signals) {
  auto stage = BenchStage::start(options, signals);
  if (!stage) return tl::make_unexpected(stage.error());
  if (auto warm = (*stage)->activate(load); !warm) return tl::make_unexpected(warm.error());
  const auto result = (*stage)->load(load);
  if (!result) return tl::make_unexpected(result.error());
  const auto verified = (*stage)->verify();
  if (!verified) return tl::make_unexpected(verified.error());
  Figures figures{.rate_per_s = static_cast<double>(result->accepted) / result->seconds,
                  .p50_us = result->p50_us,
                  .p99_us = result->p99_us,
                  .p999_us = result->p999_us,
                  .cpu_s_per_1000 = {},
                  .repeats = result->repeats_in_all,
                  .unknown = result->unknown_in_all,
                  .problem = verified->problem};
  const auto thousands = static_cast<double>(std::max<std::uint64_t>(result->accepted, 1)) / 1'000;
  for (const auto& [name, seconds] : result->cpu_s)
    figures.cpu_s_per_1000[name] = seconds / thousands;
  figures.cpu_s_per_1000["load"] = result->own_cpu_s / thousands;
  if (result->rejected_in_all > 0)
    figures.problem = fmt::format("{} commands were rejected", result->rejected_in_all);
  return figures;
}

int measure_commands(const CommandsOptions& options) {
  const bool one = options.load.outstanding == 1;
  const auto all = measure_in_turn(
      options, options.versus_floor ? std::vector{runtime, asap, buffered} : std::vector{runtime});
  if (!all) return program::complain(program::exit_usage, all.error().what);
  auto json = head("commands", options);
  const auto& ours = all->front().best(one);
  json.update(to_json(ours));
  json["runs"] = runs_of(all->front());
  if (options.versus_floor) {
    const auto& quick = all->at(1);
    const auto& batched = all->at(2);
    // One command at a time is compared with the variant that is made for that.
    const bool use_quick = one || quick.best(false).rate_per_s >= batched.best(false).rate_per_s;
    const auto& floor = use_quick ? quick : batched;
    const auto& best = floor.best(one);
    json["floor"] = to_json(best);
    json["floor_variant"] = use_quick ? "asap" : "buffered";
    json["floor_runs"] = {{"asap", runs_of(quick)}, {"buffered", runs_of(batched)}};
    json["ratio"] = ours.rate_per_s / best.rate_per_s;
    json["p50_ratio"] = ours.p50_us / best.p50_us;
    std::cerr << fmt::format("ratio to the floor ({}): rate {:.2f}, p50 {:.2f}\n",
                             json["floor_variant"].get<std::string>(), json["ratio"].get<double>(),
                             json["p50_ratio"].get<double>());
  }
  return report(std::move(json), *all, options);
}

int measure_floor(const CommandsOptions& options) {
  const auto all = measure_in_turn(options, {asap, buffered});
  if (!all) return program::complain(program::exit_usage, all.error().what);
  const bool one = options.load.outstanding == 1;
  const bool quick_wins =
      one || all->at(0).best(false).rate_per_s >= all->at(1).best(false).rate_per_s;
  auto json = head("floor", options);
  json.update(to_json(all->at(quick_wins ? 0 : 1).best(one)));
  json["floor_variant"] = quick_wins ? "asap" : "buffered";
  json["floor_runs"] = {{"asap", runs_of(all->at(0))}, {"buffered", runs_of(all->at(1))}};
  return report(std::move(json), *all, options);
}

}  // namespace troupe::tool

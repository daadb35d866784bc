#include "tools/troupe-bench/workloads.hpp"

#include <chrono>
#include <iostream>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/nats/requests/command_client.hpp"
#include "runtime/program/output.hpp"
#include "tools/figures/cpu_time.hpp"
#include "tools/troupe-bench/stage.hpp"

namespace troupe::tool {

namespace {

using Json = nlohmann::json;

/// What a workload does on the stage; adds its figures to the report.
using Workload = Result<void> (*)(BenchStage& stage, const WorkloadOptions& options, Json& report);

LoadOptions each_once(const WorkloadOptions& options) {
  LoadOptions load;
  load.instances = options.instances;
  load.outstanding = options.outstanding;
  load.each_once = true;
  return load;
}

/// `events` commands to each instance.
Result<void> fill(BenchStage& stage, const WorkloadOptions& options, std::uint64_t events) {
  for (std::uint64_t i = 0; i < events; ++i) {
    std::cerr << fmt::format("\rfilling: {} of {} events per instance", i + 1, events)
              << (i + 1 == events ? "\n" : "");
    if (auto done = stage.load(each_once(options)); !done) return tl::make_unexpected(done.error());
  }
  return {};
}

Result<void> memory(BenchStage& stage, const WorkloadOptions& options, Json& report) {
  const auto before = resident_bytes(stage.server());
  if (auto done = fill(stage, options, 1); !done) return done;
  const auto after = resident_bytes(stage.server());
  report["resident_bytes"] = after;
  report["bytes_per_instance"] =
      static_cast<double>(after - before) / static_cast<double>(options.instances);
  return {};
}

Result<void> activation(BenchStage& stage, const WorkloadOptions& options, Json& report) {
  if (auto done = fill(stage, options, options.events); !done) return done;
  stage.end_serving();
  if (!options.snapshots)
    if (auto done = stage.forget_snapshots(); !done) return done;
  if (auto done = stage.serve(); !done) return done;
  const auto result = stage.load(each_once(options));
  if (!result) return tl::make_unexpected(result.error());
  report["events"] = options.events;
  report["snapshots"] = options.snapshots;
  report["rate_per_s"] = static_cast<double>(result->accepted) / result->seconds;
  report["p50_us"] = result->p50_us;
  report["p99_us"] = result->p99_us;
  report["p999_us"] = result->p999_us;
  report["cpu_s"] = result->cpu_s;
  return {};
}

/// The view has folded everything when it answers a question that asks for the stream's end.
Result<void> wait_for_view(BenchStage& stage, std::uint64_t sequence) {
  constexpr std::chrono::seconds patience{55};  // of one question; the wire contract's limit is 60
  constexpr int questions_max = 20;
  ::bench::v1::GetItem question;
  question.set_id("i0");
  nats::CommandClient client(stage.connection());
  const auto subject = Subject::query(*Token::parse("bench"), *Token::parse("GetItem"));
  std::string last;
  for (int i = 0; i < questions_max; ++i) {
    const auto reply =
        client.send_and_wait(subject, question.SerializeAsString(), nats::BodyForm::protobuf,
                             {.at_least = Position{"EVT_BENCH", sequence}}, patience);
    if (reply.kind == nats::ClientReply::Kind::accepted) return {};
    last = reply.text;
  }
  return permanent("the view does not get there: " + last);
}

Result<void> replay(BenchStage& stage, const WorkloadOptions& options, Json& report) {
  if (auto done = fill(stage, options, options.events); !done) return done;
  const auto end = stage.last_sequence();
  if (!end) return tl::make_unexpected(end.error());
  stage.end_serving();
  stage.fold_view(true);
  const auto started = std::chrono::steady_clock::now();
  if (auto done = stage.serve(); !done) return done;
  if (auto done = wait_for_view(stage, *end); !done) return done;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  report["events"] = *end;
  report["seconds"] = took.count();
  report["rate_per_s"] = static_cast<double>(*end) / took.count();
  return {};
}

int run(const char* name, Workload workload, const WorkloadOptions& options) {
  program::StopSignals signals;
  Json report{{"workload", name},
              {"durability", options.durability},
              {"instances", options.instances},
              {"outstanding", options.outstanding}};
  auto stage = BenchStage::start(
      {.durability = options.durability, .instances_max = 2 * options.instances + 1'000}, signals);
  if (!stage) return program::complain(program::exit_usage, stage.error().what);
  if (const auto done = workload(**stage, options, report); !done)
    return program::complain(program::exit_usage, done.error().what);
  const auto verified = (*stage)->verify();
  if (!verified) return program::complain(program::exit_usage, verified.error().what);
  report["verified"] = verified->problem.empty();
  if (options.json) {
    program::say_json(report);
  } else {
    for (const auto& [key, value] : report.items())
      program::say(fmt::format("{:<20} {}", key, value.dump()));
  }
  if (!verified->problem.empty())
    return program::complain(program::exit_refused, verified->problem);
  return program::exit_ok;
}

}  // namespace

int measure_memory(const WorkloadOptions& options) { return run("memory", memory, options); }
int measure_activation(const WorkloadOptions& options) {
  return run("activate", activation, options);
}
int measure_replay(const WorkloadOptions& options) { return run("replay", replay, options); }

}  // namespace troupe::tool

#include "tools/troupe-bench/flood.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <spdlog/fmt/fmt.h>

#include "bench/v1/item.pb.h"
#include "runtime/nats/requests/command_client.hpp"
#include "runtime/program/output.hpp"
#include "tools/figures/cpu_time.hpp"
#include "tools/troupe-bench/honest.hpp"
#include "tools/troupe-bench/json_program.hpp"
#include "tools/troupe-bench/stage.hpp"

namespace troupe::tool {

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
using namespace std::chrono_literals;

constexpr std::size_t memory_max = 400'000'000;
constexpr double answered_min = 0.99;
constexpr std::chrono::milliseconds recovery_max = 2s;
/// So many commands in a row must be accepted this fast.
constexpr int recovered_commands = 20;
constexpr std::chrono::milliseconds recovered_within = 100ms;
constexpr std::chrono::milliseconds recovery_patience = 60s;
constexpr std::chrono::milliseconds between_looks = 100ms;

/// The most that a process holds at a time, seen every `between_looks`.
class MemoryWatch {
public:
  MemoryWatch(pid_t process, const program::StopSignals& signals)
      : thread_([this, process, &signals](const std::stop_token& stopping) {
          while (!stopping.stop_requested()) {
            max_ = std::max(max_.load(), resident_bytes(process));
            if (signals.wait_for(between_looks)) return;
          }
        }) {}
  std::size_t max() const { return max_; }

private:
  std::atomic<std::size_t> max_{0};
  std::jthread thread_;
};

Result<std::vector<ChildProcess>> start_flood(const BenchStage& stage,
                                              const FloodOptions& options) {
  std::vector<ChildProcess> flooders;
  for (unsigned i = 1; i <= options.hostile; ++i) {
    auto flooder = ChildProcess::start(
        {.argv = this_program_with({"flooder", "--nats", stage.nats_url(), "--kind", options.kind,
                                    "--name", fmt::format("hostile{}", i)}),
         .log = stage.folder() / fmt::format("flooder-{}.log", i)});
    if (!flooder) return tl::make_unexpected(flooder.error());
    flooders.push_back(std::move(*flooder));
  }
  return flooders;
}

Result<HonestResult> be_honest(const BenchStage& stage, const FloodOptions& options,
                               const program::StopSignals& signals) {
  const auto ended = run_program(this_program_with({"honest", "--nats", stage.nats_url(), "--rate",
                                                    std::to_string(options.rate), "--seconds",
                                                    std::to_string(options.seconds)}),
                                 stage.folder() / "honest.log", signals);
  if (!ended) return tl::make_unexpected(ended.error());
  if (ended->code != 0 || !ended->json.is_object()) return permanent(ended->words);
  return ended->json.get<HonestResult>();
}

/// Until commands are accepted as fast as ever, from now on.
std::chrono::milliseconds recovery(BenchStage& stage) {
  nats::CommandClient client(stage.connection());
  const Instance item{*Token::parse("bench"), *Token::parse("item"), *Token::parse("after")};
  const auto subject = Subject::command(item, *Token::parse("Record"));
  const auto begun = Clock::now();
  auto since = begun;
  for (int in_a_row = 0; in_a_row < recovered_commands && since - begun < recovery_patience;
       ++in_a_row) {
    const auto sent = Clock::now();
    const auto reply = client.send_and_wait(subject, ::bench::v1::Record().SerializeAsString(),
                                            nats::BodyForm::protobuf, {}, 1s);
    if (reply.kind == nats::ClientReply::Kind::accepted && Clock::now() - sent < recovered_within)
      continue;
    in_a_row = -1;
    since = Clock::now();
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(since - begun);
}

Result<Json> flood(BenchStage& stage, const FloodOptions& options,
                   const program::StopSignals& signals) {
  const auto memory_before = resident_bytes(stage.server());
  const MemoryWatch memory(stage.server(), signals);
  auto flooders = start_flood(stage, options);
  if (!flooders) return tl::make_unexpected(flooders.error());
  const auto honest = be_honest(stage, options, signals);
  if (!honest) return tl::make_unexpected(honest.error());
  for (auto& flooder : *flooders)
    if (flooder.wait(0ms)) return permanent("a flooder ended by itself");
  for (auto& flooder : *flooders) flooder.signal(SIGKILL);
  const auto recovered = recovery(stage);
  return Json{{"workload", "flood"},
              {"kind", options.kind},
              {"hostile", options.hostile},
              {"seconds", options.seconds},
              {"memory_before", memory_before},
              {"memory_max", memory.max()},
              {"honest", *honest},
              {"recovery_ms", recovered.count()},
              {"node", stage.node_counts()}};
}

/// Sentences about what was promised and is not so.
std::vector<std::string> complaints(const Json& report) {
  std::vector<std::string> all;
  const auto memory = report.at("memory_max").get<std::size_t>();
  if (memory > memory_max)
    all.push_back(
        fmt::format("the node took {} MB, not {}", memory / 1'000'000, memory_max / 1'000'000));
  const auto honest = report.at("honest").get<HonestResult>();
  // Where every message has a sender of its own nobody is told apart.
  const bool told_apart = report.at("kind") != "names";
  if (told_apart
      && static_cast<double>(honest.answered) < answered_min * static_cast<double>(honest.sent))
    all.push_back(fmt::format("of {} honest commands {} were answered in time", honest.sent,
                              honest.answered));
  if (told_apart && honest.answered_twice < honest.sent)
    all.push_back(fmt::format("{} honest commands were not answered after one repeat",
                              honest.sent - honest.answered_twice));
  if (report.at("recovery_ms") > recovery_max.count())
    all.push_back(fmt::format("it took {} ms until the node was as before",
                              report.at("recovery_ms").get<std::int64_t>()));
  return all;
}

}  // namespace

int measure_flood(const FloodOptions& options) {
  const program::StopSignals signals;
  const auto stage =
      BenchStage::start({.instance_mb_max = 1'024, .view = options.kind == "queries"}, signals);
  if (!stage) return program::complain(program::exit_usage, stage.error().what);
  auto report = flood(**stage, options, signals);
  if (!report) return program::complain(program::exit_usage, report.error().what);
  const auto wrong = complaints(*report);
  (*report)["violated"] = wrong;
  if (options.json) {
    program::say(report->dump());
  } else {
    for (const auto& [key, value] : report->items())
      program::say(fmt::format("{:<20} {}", key, value.dump()));
  }
  for (const auto& sentence : wrong) program::complain(program::exit_refused, sentence);
  return wrong.empty() ? program::exit_ok : program::exit_refused;
}

}  // namespace troupe::tool

// Opens the servers, waits for rest, collects, checks, and prints.
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <spdlog/fmt/fmt.h>

#include "runtime/check/check.hpp"
#include "runtime/check/run/collect.hpp"
#include "runtime/check/run/jetstream_backlog.hpp"
#include "runtime/check/run/jetstream_records.hpp"
#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/server_options.hpp"
#include "runtime/redis/redis_view_store.hpp"

namespace troupe::program {

namespace {

struct CheckCommand {
  NatsOptions nats;
  RedisAccess redis;
  std::string history_folder;
  std::string states_file;
  std::vector<std::string> contexts;
  unsigned settle_seconds = 30;
  bool json = false;
};

Result<check::FinishedRun> read_run(const CheckCommand& options, const Parts& parts) {
  const auto contexts = check::contexts_to_collect(parts.host.contexts, options.contexts);
  if (!contexts) return tl::make_unexpected(contexts.error());
  const auto redis = redis::parse_redis_url(options.redis.url, options.redis.login);
  if (!redis) return tl::make_unexpected(redis.error());
  const auto connection = nats::Connection::open(options.nats.to_ask_as("troupe check"));
  if (!connection) return tl::make_unexpected(connection.error());

  const auto system = nats::find_system(**connection);
  if (!system) return tl::make_unexpected(system.error());

  nats::StreamLeaders leaders(**connection);
  nats::JetStreamEventStreams streams(leaders);
  redis::RedisViewStore views(*redis, redis::Keys(*system));
  check::JetStreamBacklog backlogs(**connection);
  check::JetStreamRecords records(**connection);
  const check::Sources sources{
      .streams = streams, .views = views, .backlogs = backlogs, .records = &records};
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(options.settle_seconds);
  // What does not come to rest is not refused: I10, I15 and I18 say what is left.
  if (const auto settled = check::wait_until_settled(sources, *contexts, deadline); !settled)
    complain(exit_ok, settled.error().what + "; checking what there is");

  auto run = collect(sources, *contexts);
  if (run && !options.history_folder.empty())
    if (const auto added = check::add_records(*run, options.history_folder, parts.invariants.get());
        !added)
      return tl::make_unexpected(added.error());
  return run;
}

/// Reads what another version of this program folded, or writes what this one folds.
Result<void> exchange_states(const std::filesystem::path& file, const Parts& parts,
                             check::FinishedRun& run) {
  if (std::filesystem::exists(file)) {
    std::ifstream in(file, std::ios::binary);
    const auto states = nlohmann::json::parse(in, nullptr, false);
    if (!states.is_object()) return permanent(file.string() + " holds no states");
    run.states.emplace();
    for (const auto& [subject, state] : states.items())
      run.states->emplace(subject, state.is_string() ? state.get<std::string>() : "");
    return {};
  }
  std::ofstream out(file, std::ios::binary);
  out << nlohmann::json(check::fold_states(run, parts.host.contexts)).dump(1) << std::flush;
  if (!out) return permanent("cannot write " + file.string());
  return {};
}

int check_and_print(const CheckCommand& options, const Parts& parts) {
  auto run = read_run(options, parts);
  if (!run) return complain(exit_usage, run.error().what);
  if (!options.states_file.empty())
    if (const auto exchanged = exchange_states(options.states_file, parts, *run); !exchanged)
      return complain(exit_usage, exchanged.error().what);
  const auto report = check::check_run(*run, parts.host.contexts, parts.invariants.get());
  options.json ? say_json(to_json(report)) : say(to_text(report));
  return report.passed() ? exit_ok : exit_refused;
}

}  // namespace

void add_check_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand(
      "check", "Wait until the system has come to rest and check the invariants");
  auto options = std::make_shared<CheckCommand>();
  add_nats_options(*command, options->nats);
  add_redis_options(*command, options->redis);
  command->add_option(
      "--history", options->history_folder,
      "Folder with the history.jsonl, nemesis.jsonl and processes.jsonl of the run, and "
      "what else was recorded of it, or some of them");
  command->add_option(
      "--states", options->states_file,
      "Write the states of all instances into this file or, when it exists, compare "
      "with what another version of this program wrote there");
  command->add_option("--contexts", options->contexts, "Only these, separated by commas")
      ->delimiter(',');
  command
      ->add_option("--settle", options->settle_seconds,
                   "Seconds to wait for rest; then what there is is checked")
      ->capture_default_str();
  command->add_flag("--json", options->json, "One line of JSON instead of a table");
  command->footer(fmt::format(
      "Examples:\n"
      "  {0} check\n"
      "  {0} check --history runs/today --json\n"
      "  {0} check --contexts billing --settle 5\n"
      "Exit codes: 0 what was checked holds, 1 something is violated, 2 it could not be checked.",
      parts.name));
  command->callback([&run, &parts, options] {
    run = [&parts, options] { return check_and_print(*options, parts); };
  });
}

}  // namespace troupe::program

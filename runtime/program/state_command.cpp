// The command state: an instance as the log has it, now or at some time.

#include <google/protobuf/util/time_util.h>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/claims/jetstream_skips.hpp"
#include "runtime/nats/log/jetstream_event_log.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/fold.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"
#include "runtime/program/request_body.hpp"
#include "runtime/program/server_options.hpp"

namespace troupe::program {

namespace {

struct StateCommand {
  NatsOptions nats;
  std::string target;
  std::string at;
  bool json = false;
};

Json brief(const v1::Commit& commit) {
  Json events = Json::array();
  for (const auto& event : commit.events())
    events.push_back(event.type_url().substr(event.type_url().find_last_of("./") + 1));
  return {{"first_version", commit.first_version()},
          {"committed_at", to_text(commit.committed_at())},
          {"command", commit.command_type()},
          {"command_id", commit.command_id()},
          {"events", events}};
}

std::string line_of(const v1::Commit& commit) {
  std::string line = "  " + std::to_string(commit.first_version()) + "  "
                     + to_text(commit.committed_at()) + "  " + commit.command_type() + " ->";
  for (const auto& event : commit.events())
    line += " " + event.type_url().substr(event.type_url().find_last_of("./") + 1);
  return line;
}

void print(const StateCommand& options, const Folded& folded) {
  if (options.json) {
    Json history = Json::array();
    for (const auto& commit : folded.commits) history.push_back(brief(commit));
    say_json(Json{{"version", folded.fold.version()},
                  {"state", to_json(folded.fold.state())},
                  {"history", history},
                  {"skipped", folded.skipped}});
    return;
  }
  say(options.target + " at version " + std::to_string(folded.fold.version()));
  say_json(to_json(folded.fold.state()), 2);
  for (const auto& commit : folded.commits) say(line_of(commit));
  for (const auto sequence : folded.skipped)
    say("  sequence " + std::to_string(sequence) + " is skipped by an operator's decision");
}

int show(const StateCommand& options, const Parts& parts) {
  const auto subject = Subject::parse("evt." + options.target);
  const auto instance = subject ? instance_of(*subject) : std::nullopt;
  if (!instance)
    return complain(exit_usage,
                    "an instance is named <context>.<aggregate>.<id>, such as billing.account.a-1");
  std::optional<google::protobuf::Timestamp> until;
  if (!options.at.empty()
      && !google::protobuf::util::TimeUtil::FromString(options.at, &until.emplace()))
    return complain(exit_usage,
                    "--at wants a time such as 2026-05-04T14:00:00Z or 2026-05-04T16:00:00+02:00");
  const auto* context = context_of(parts, instance->context.str());
  const auto* model = context == nullptr ? nullptr : context->aggregate(instance->aggregate.str());
  if (model == nullptr)
    return complain(exit_usage, "this program knows no aggregate '" + instance->context.str() + "."
                                    + instance->aggregate.str() + "'");

  const auto connection = nats::Connection::open(options.nats.to_ask_as("troupe state"));
  if (!connection) return complain(exit_usage, connection.error().what);
  nats::StreamLeaders leaders(**connection);
  nats::JetStreamEventLog log(**connection, leaders);
  const auto commits = load_and_wait(log, *subject);
  if (!commits) return complain(exit_usage, commits.error().what);
  engine::SkipList skips;
  const engine::CommitReader reader(skips, instance->context);
  const auto decisions = nats::JetStreamSkips(**connection).list(reader.stream());
  if (!decisions) return complain(exit_usage, decisions.error().what);
  for (const auto& one : *decisions) skips.add(one);
  const auto folded = fold_instance(*model, reader, *commits, until);
  if (!folded) return complain(exit_refused, folded.error().what);
  if (folded->fold.version() == 0)
    return complain(exit_refused, until ? "nothing had happened to " + options.target + " by then"
                                        : "nothing has ever happened to " + options.target);
  print(options, *folded);
  return exit_ok;
}

}  // namespace

void add_state_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("state", "Fold an instance's events and show its state");
  auto options = std::make_shared<StateCommand>();
  command->add_option("instance", options->target, "<context>.<aggregate>.<id>")->required();
  add_nats_options(*command, options->nats);
  command->add_option("--at", options->at, "As it was at this time (RFC 3339)");
  command->add_flag("--json", options->json, "One line with version, state and history");
  command->footer(
      fmt::format("Examples:\n"
                  "  {0} state billing.account.a-1\n"
                  "  {0} state billing.account.a-1 --at 2026-05-04T14:00:00Z\n"
                  "Exit codes: 0 shown, 1 nothing happened or the events cannot be read, 2 wrong "
                  "arguments or no server.",
                  parts.name));
  command->callback(
      [&run, &parts, options] { run = [&parts, options] { return show(*options, parts); }; });
}

}  // namespace troupe::program

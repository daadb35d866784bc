// The command send: one command to one instance, repeated with the same id until its outcome is
// known.
#include <algorithm>
#include <chrono>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/requests/command_client.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/identity.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"
#include "runtime/program/request_body.hpp"
#include "runtime/program/server_options.hpp"
#include "runtime/program/stop_signals.hpp"

namespace troupe::program {

namespace {

using Kind = nats::ClientReply::Kind;
using std::chrono::milliseconds;

constexpr milliseconds first_pause{50};
constexpr milliseconds pause_max{1'000};
constexpr milliseconds try_timeout_max{5'000};

struct SendCommand {
  NatsOptions nats;
  std::string target;
  std::string body = "{}";
  std::string command_id;
  std::optional<std::uint64_t> expected_version;
  double deadline_seconds = 10;
  bool json = false;
};

/// Why the command cannot be sent, or empty. Contexts this program does not know are left to NATS.
std::string objection(const SendCommand& options, const Subject& subject, const Parts& parts) {
  const auto tokens = subject.tokens();
  const auto* context = context_of(parts, tokens[1]);
  if (context == nullptr) return check_body(options.body, nullptr);
  const auto* aggregate = context->aggregate(tokens[2]);
  if (aggregate == nullptr)
    return "the context '" + context->name + "' has no aggregate '" + std::string(tokens[2]) + "'";
  const auto command = aggregate->commands.find(tokens[4]);
  if (command == aggregate->commands.end())
    return "the aggregate '" + aggregate->name + "' has no command '" + std::string(tokens[4])
           + "'";
  return check_body(options.body, command->second);
}

/// Nothing was done and doing it may succeed later, or nobody knows whether it was done.
bool worth_repeating(const nats::ClientReply& reply) {
  return reply.kind == Kind::unknown
         || (reply.kind == Kind::rejected
             && (reply.code == nats::code::overloaded || reply.code == nats::code::not_available));
}

nats::ClientReply send_until_known(nats::Connection& connection, const SendCommand& options,
                                   const Subject& subject, const StopSignals& stop) {
  using Clock = std::chrono::steady_clock;
  nats::CommandClient client(connection);
  nats::ClientHeaders headers;
  headers.command_id = options.command_id;
  headers.expected_version = options.expected_version;
  headers.issued_at = SystemClock{}.now();
  const auto deadline =
      Clock::now() + milliseconds(static_cast<std::int64_t>(options.deadline_seconds * 1'000));
  for (auto pause = first_pause;; pause = std::min(pause * 2, pause_max)) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
    const auto reply = client.send_and_wait(subject, options.body, nats::BodyForm::json, headers,
                                            std::clamp(left, milliseconds{1}, try_timeout_max));
    if (!worth_repeating(reply) || Clock::now() + pause > deadline || stop.wait_for(pause))
      return reply;
  }
}

int print(const SendCommand& options, const Subject& subject, const nats::ClientReply& reply) {
  static constexpr const char* names[] = {"accepted", "rejected", "unknown"};
  if (options.json) {
    Json out{{"outcome", names[static_cast<int>(reply.kind)]}, {"command_id", options.command_id}};
    if (reply.kind == Kind::accepted) {
      out["first_version"] = reply.first_version;
      out["last_version"] = reply.last_version;
      out["stream"] = reply.position.stream;
      out["sequence"] = reply.position.sequence;
      out["duplicate"] = reply.duplicate;
      out["node"] = reply.node;
      out["durability"] = reply.durability;
    } else {
      out["code"] = reply.code;
      if (!reply.reason.empty()) out["reason"] = reply.reason;
      out["text"] = reply.text;
      if (reply.decided_at) out["decided_at"] = *reply.decided_at;
    }
    say_json(out);
  }
  if (reply.kind == Kind::rejected) {
    const bool nobody = reply.code == nats::code::not_available && reply.node.empty();
    return complain(exit_refused, std::to_string(reply.code) + " "
                                      + (nobody ? nobody_serves(std::string(subject.tokens()[1]),
                                                                options.nats.address())
                                                : text_of(reply)));
  }
  if (reply.kind == Kind::unknown)
    return complain(exit_unknown, "nobody can say whether it happened (" + reply.text
                                      + "); repeat it with --command-id " + options.command_id);
  if (options.json) return exit_ok;
  const std::string again = reply.duplicate ? " (had been accepted before)" : "";
  if (reply.first_version == 0)
    say("accepted: nothing needed to happen" + again);
  else
    say("accepted: versions " + std::to_string(reply.first_version) + " to "
        + std::to_string(reply.last_version) + ", " + reply.position.stream + ":"
        + std::to_string(reply.position.sequence) + ", " + reply.durability + again);
  return exit_ok;
}

int send(SendCommand options, const Parts& parts) {
  const auto subject = Subject::parse("cmd." + options.target);
  if (!subject || subject->tokens().size() != 5)
    return complain(exit_usage,
                    "a command is named <context>.<aggregate>.<id>.<Command>, each part 1 to 64 of "
                    "A-Z a-z 0-9 _ -, such as billing.account.a-1.OpenAccount");
  if (!options.command_id.empty() && !is_token(options.command_id))
    return complain(exit_usage, "a command id is 1 to 64 of A-Z a-z 0-9 _ -");
  if (const auto problem = objection(options, *subject, parts); !problem.empty())
    return complain(exit_usage, problem);
  if (options.command_id.empty()) options.command_id = random_id();
  const StopSignals stop;
  const auto connection = nats::Connection::open(options.nats.to_ask_as("troupe send"));
  if (!connection) return complain(exit_usage, connection.error().what);
  return print(options, *subject, send_until_known(**connection, options, *subject, stop));
}

}  // namespace

void add_send_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("send", "Send a command to an instance");
  auto options = std::make_shared<SendCommand>();
  command->add_option("command", options->target, "<context>.<aggregate>.<id>.<Command>")
      ->required();
  command->add_option("body", options->body, "Body in JSON")->capture_default_str();
  add_nats_options(*command, options->nats);
  command->add_option("--command-id", options->command_id,
                      "Idempotency key; the same on every repeat. Made up when absent");
  command->add_option("--expected-version", options->expected_version,
                      "Refuse unless the instance is at this version");
  command->add_option("--deadline", options->deadline_seconds, "Seconds to try for")
      ->check(CLI::Range(0.01, 3'600.0))
      ->capture_default_str();
  command->add_flag("--json", options->json, "The outcome as one line of JSON");
  command->footer(
      fmt::format("Examples:\n"
                  "  {0} send billing.account.a-1.OpenAccount '{{\"owner\":\"c-1\"}}'\n"
                  "  {0} send billing.account.a-1.CloseAccount --expected-version 3 --json\n"
                  "Exit codes: 0 accepted, 1 rejected, 2 wrong arguments or no server, 3 unknown: "
                  "repeat with the same id.",
                  parts.name));
  command->callback(
      [&run, &parts, options] { run = [&parts, options] { return send(*options, parts); }; });
}

}  // namespace troupe::program

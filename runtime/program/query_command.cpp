// The command query: a question to the read models of a context.
#include <chrono>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/subject.hpp"
#include "runtime/program/commands.hpp"
#include "runtime/program/output.hpp"
#include "runtime/program/readable.hpp"
#include "runtime/program/request_body.hpp"
#include "runtime/program/server_options.hpp"

namespace troupe::program {

namespace {

constexpr int not_found = 404;
constexpr int not_in_time = 504;

struct QueryCommand {
  NatsOptions nats;
  std::string target;
  std::string question = "{}";
  std::string min_sequence;
  double timeout_seconds = 5;
  bool json = false;
};

const QueryModel* find(const ContextModel& context, std::string_view query) {
  const auto found = std::ranges::find(context.queries, query, &QueryModel::name);
  return found == context.queries.end() ? nullptr : &*found;
}

/// Why the question cannot be asked, or empty. Contexts this program does not know are left to
/// NATS.
std::string objection(const QueryCommand& options, const Subject& subject, const Parts& parts) {
  const auto* context = context_of(parts, subject.tokens()[1]);
  if (context == nullptr) return check_body(options.question, nullptr);
  const auto* query = find(*context, subject.tokens()[2]);
  if (query == nullptr)
    return "the context '" + context->name + "' has no query '" + std::string(subject.tokens()[2])
           + "'";
  return check_body(options.question, query->question);
}

int print_refusal(const QueryCommand& options, int code, const std::string& text) {
  if (options.json) say_json(Json{{"code", code}, {"text", text}});
  return complain(code == not_in_time ? exit_unknown : exit_refused,
                  code == not_found ? "not found: " + text : std::to_string(code) + " " + text);
}

int print_answer(const QueryCommand& options, const nats::Received& answer) {
  const auto position = answer.header("Troupe-Position");
  const auto body = Json::parse(answer.body(), nullptr, false);
  if (body.is_discarded()) return complain(exit_refused, "the answer is not JSON");
  if (options.json)
    say_json(Json{{"position", position.value_or("")}, {"reply", body}});
  else
    say_json(body, 2);
  return exit_ok;
}

int ask(const QueryCommand& options, const Parts& parts) {
  const auto subject = Subject::parse("qry." + options.target);
  if (!subject || subject->tokens().size() != 3)
    return complain(exit_usage, "a query is named <context>.<Query>, such as billing.GetAccount");
  if (const auto problem = objection(options, *subject, parts); !problem.empty())
    return complain(exit_usage, problem);

  const auto connection = nats::Connection::open(options.nats.to_ask_as("troupe query"));
  if (!connection) return complain(exit_usage, connection.error().what);
  nats::Headers headers{{"Content-Type", "application/json"}};
  if (!options.min_sequence.empty())
    headers.emplace_back("Troupe-Min-Sequence", options.min_sequence);
  const auto timeout = std::chrono::milliseconds(static_cast<int>(options.timeout_seconds * 1'000));
  const auto reply =
      (*connection)->request_and_wait(subject->str(), headers, options.question, timeout);

  if (reply.status == nats::Reply::Status::no_responders)
    return print_refusal(options, 503,
                         nobody_serves(std::string(subject->tokens()[1]), options.nats.address()));
  if (reply.status != nats::Reply::Status::answered)
    return print_refusal(options, not_in_time, nats::describe(reply.status));
  if (const auto code = reply.message.header("Nats-Service-Error-Code"))
    return print_refusal(options, std::atoi(std::string(*code).c_str()),
                         std::string(reply.message.header("Nats-Service-Error").value_or("")));
  return print_answer(options, reply.message);
}

}  // namespace

void add_query_command(CLI::App& app, Run& run, const Parts& parts) {
  auto* command = app.add_subcommand("query", "Ask the read models of a context");
  auto options = std::make_shared<QueryCommand>();
  command->add_option("query", options->target, "<context>.<Query>")->required();
  command->add_option("question", options->question, "Body in JSON")->capture_default_str();
  add_nats_options(*command, options->nats);
  command->add_option("--min-sequence", options->min_sequence,
                      "<stream>:<sequence> of an accepted command that the answer must reflect");
  command->add_option("--timeout", options->timeout_seconds, "Seconds to wait")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  command->add_flag("--json", options->json, "One line with position and reply");
  command->footer(
      fmt::format("Example:\n"
                  "  {} query billing.GetAccount '{{\"account_id\": \"a-1\"}}'\n"
                  "Exit codes: 0 answered, 1 not found or refused, 2 wrong arguments or no server, "
                  "3 no answer in time.",
                  parts.name));
  command->callback(
      [&run, &parts, options] { run = [&parts, options] { return ask(*options, parts); }; });
}

}  // namespace troupe::program

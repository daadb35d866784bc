// Checks of subjects, headers and bodies that clients send.
#include "runtime/nats/wire/incoming.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/text.hpp"
#include "runtime/base/traceparent.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/identity.hpp"
#include "runtime/ports/rejected.hpp"

namespace troupe::nats {

namespace {

constexpr std::size_t echoed_length_max = 80;

template <class... Args>
tl::unexpected<Refusal> refuse(int code, fmt::format_string<Args...> text, Args&&... args) {
  return tl::make_unexpected(Refusal{
      code, printable(fmt::format(text, std::forward<Args>(args)...), error_text_length_max)});
}

std::string echoed(std::string_view text) { return printable(text, echoed_length_max); }

Read<std::optional<std::uint64_t>> read_number(const Received& message, const char* key) {
  const auto text = message.header(key);
  if (!text) return std::nullopt;
  const auto number = parse_number(*text);
  if (!number)
    return refuse(code::malformed, "{} is a whole number, not '{}'.", key, echoed(*text));
  return number;
}

/// The client waits since its message came in.
Read<std::chrono::steady_clock::time_point> read_deadline(const Received& message) {
  const auto left = read_number(message, header::deadline);
  if (!left) return tl::make_unexpected(left.error());
  if (!*left) return message.arrived() + deadline_default;
  if (**left < 1 || **left > static_cast<std::uint64_t>(deadline_max.count()))
    return refuse(code::malformed, "{} is 1 to {} milliseconds, not {}.", header::deadline,
                  deadline_max.count(), **left);
  return message.arrived() + std::chrono::milliseconds(**left);
}

Read<Time> read_issue_time(const Received& message, const Clock& clock) {
  const auto given = read_number(message, header::issued_at);
  if (!given) return tl::make_unexpected(given.error());
  if (!*given) return clock.now();
  constexpr auto latest = static_cast<std::uint64_t>(latest_time.time_since_epoch().count());
  if (**given == 0 || **given > latest)
    return refuse(code::malformed,
                  "{} is in milliseconds since 1970, before the year 10000; {} is not.",
                  header::issued_at, **given);
  return Time(std::chrono::milliseconds(**given));
}

Read<std::string> read_command_id(const Received& message) {
  const auto id = message.header(header::command_id);
  if (!id) return random_id();
  if (!is_token(*id))
    return refuse(code::malformed, "{} is 1 to {} of A-Z a-z 0-9 _ -, not '{}'.",
                  header::command_id, token_length_max, echoed(*id));
  return std::string(*id);
}

/// Nothing when the message has none.
Read<std::optional<std::string>> read_printable(const Received& message, const char* key,
                                                std::size_t length_max) {
  const auto text = message.header(key);
  if (!text) return std::nullopt;
  const bool legal = !text->empty() && text->size() <= length_max
                     && std::ranges::all_of(*text, [](char c) { return c > ' ' && c <= '~'; });
  if (!legal)
    return refuse(code::malformed, "{} is 1 to {} printable characters without spaces, not '{}'.",
                  key, length_max, echoed(*text));
  return std::string(*text);
}

Read<SharedMessage> read_message(const Received& message, const Message& prototype, BodyForm form) {
  if (message.body().size() > body_bytes_max)
    return refuse(code::too_large, "The body has {} bytes; at most {} are taken.",
                  message.body().size(), body_bytes_max);
  auto body = read_body(prototype, form, message.body());
  if (!body) return refuse(code::malformed, "{}", body.error().what);
  return SharedMessage(std::move(*body));
}

}  // namespace

std::optional<Position> parse_position(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_token(text.substr(0, colon))) return std::nullopt;
  const auto sequence = parse_number(text.substr(colon + 1));
  if (!sequence) return std::nullopt;
  return Position{std::string(text.substr(0, colon)), *sequence};
}

std::string to_text(const Position& position) {
  return fmt::format("{}:{}", position.stream, position.sequence);
}

BodyForm form_of(const Received& message) {
  return form_of(message.header(header::content_type).value_or(""), message.body());
}

Refusal final_or_not(Refusal refusal, const std::function<bool()>& another_program) {
  if (refusal.code != code::no_such_thing) return refusal;
  auto rejected = not_known(std::move(refusal.text), another_program());
  return {number_of(rejected.code), std::move(rejected.text)};
}

// ---- commands -----------------------------------------------------------------------------------

Read<CommandAddress> read_command_subject(std::string_view subject, const ContextModel& context) {
  constexpr std::size_t tokens_wanted = 5;
  const auto tokens = split_tokens(subject);
  if (tokens.size() != tokens_wanted)
    return refuse(code::malformed,
                  "A command goes to cmd.<context>.<aggregate>.<id>.<Command>, which is {} parts; "
                  "this subject has {}.",
                  tokens_wanted, tokens.size());
  const auto illegal = std::ranges::find_if_not(tokens, is_token);
  if (illegal != tokens.end())
    return refuse(code::malformed,
                  "Each part of a subject is 1 to {} of A-Z a-z 0-9 _ -; '{}' is not.",
                  token_length_max, echoed(*illegal));
  const AggregateModel* aggregate = context.aggregate(tokens[2]);
  if (aggregate == nullptr)
    return refuse(code::no_such_thing, "The context {} has no aggregate {}", context.name,
                  tokens[2]);
  const auto command = aggregate->commands.find(tokens[4]);
  if (command == aggregate->commands.end())
    return refuse(code::no_such_thing, "The aggregate {} of {} takes no command {}",
                  aggregate->name, context.name, tokens[4]);
  return CommandAddress{
      {*Token::parse(tokens[1]), *Token::parse(tokens[2]), *Token::parse(tokens[3])},
      aggregate,
      command->second,
      command->first};
}

Read<Command> read_command(const Received& message, CommandAddress address, BodyForm form,
                           const Clock& clock) {
  auto id = read_command_id(message);
  if (!id) return tl::make_unexpected(id.error());
  auto expected_version = read_number(message, header::expected_version);
  if (!expected_version) return tl::make_unexpected(expected_version.error());
  const auto deadline = read_deadline(message);
  if (!deadline) return tl::make_unexpected(deadline.error());
  const auto issued_at = read_issue_time(message, clock);
  if (!issued_at) return tl::make_unexpected(issued_at.error());
  auto correlation_id = read_printable(message, header::correlation_id, correlation_id_length_max);
  if (!correlation_id) return tl::make_unexpected(correlation_id.error());
  auto causation_id = read_printable(message, header::causation_id, causation_id_length_max);
  if (!causation_id) return tl::make_unexpected(causation_id.error());
  auto body = read_message(message, *address.command, form);
  if (!body) return tl::make_unexpected(body.error());

  std::string hash = command_hash(address.type, **body);
  if (!*correlation_id) *correlation_id = *id;
  return Command{
      .instance = std::move(address.instance),
      .type = std::move(address.type),
      .body = std::move(*body),
      .id = std::move(*id),
      .hash = std::move(hash),
      .issued_at = *issued_at,
      .expected_version = *expected_version,
      .deadline = *deadline,
      .correlation_id = **std::move(correlation_id),
      .causation_id = std::move(*causation_id).value_or(""),
      .traceparent = legal_traceparent(message.header(header::traceparent).value_or("")),
  };
}

// ---- queries ------------------------------------------------------------------------------------

Read<const QueryModel*> read_query_subject(std::string_view subject, const ContextModel& context) {
  constexpr std::size_t tokens_wanted = 3;
  const auto tokens = split_tokens(subject);
  if (tokens.size() != tokens_wanted || !is_token(tokens.back()))
    return refuse(code::malformed,
                  "A query goes to qry.<context>.<Query>, {} parts of A-Z a-z 0-9 _ -; '{}' is not "
                  "that.",
                  tokens_wanted, echoed(subject));
  for (const auto& query : context.queries)
    if (query.name == tokens.back()) return &query;
  return refuse(code::no_such_thing, "The context {} has no query {}", context.name, tokens.back());
}

Read<QueryCall> read_query(const Received& message, const Token& context, const QueryModel& query,
                           BodyForm form) {
  const auto deadline = read_deadline(message);
  if (!deadline) return tl::make_unexpected(deadline.error());
  std::optional<Position> at_least;
  if (const auto text = message.header(header::min_sequence)) {
    at_least = parse_position(*text);
    if (!at_least)
      return refuse(code::malformed, "{} is <stream>:<sequence>, not '{}'.", header::min_sequence,
                    echoed(*text));
  }
  auto question = read_message(message, *query.question, form);
  if (!question) return tl::make_unexpected(question.error());
  return QueryCall{context, query.name, std::move(*question), std::move(at_least), *deadline};
}

}  // namespace troupe::nats

#include "runtime/engine/asks/asked.hpp"

#include <charconv>
#include <map>
#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/base/traceparent.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

std::string event_name(std::string_view subject, std::uint64_t version) {
  return std::string(subject) + '@' + std::to_string(version);
}

std::uint64_t version_in(std::string_view event_name) {
  std::uint64_t version = 0;
  const auto digits = event_name.substr(event_name.rfind('@') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), version);
  return version;
}

Result<std::vector<Command>> commands_for(const Cause& cause, const Token& context,
                                          std::string_view aggregate, std::string_view reaction,
                                          const std::vector<AskedCommand>& asked) {
  const auto target_aggregate = Token::parse(aggregate);
  TROUPE_ASSERT(target_aggregate, "an aggregate's name is a token");
  std::map<std::string, std::uint32_t> ordinals;
  std::vector<Command> commands;
  for (const auto& one : asked) {
    const auto id = Token::parse(one.id);
    if (!id)
      return permanent(std::string(reaction) + " asks for an instance with the illegal id '"
                       + one.id + "'");
    const Instance target{context, *target_aggregate, *id};
    const auto subject = Subject::events(target);
    Command command{.instance = target,
                    .type = one.command->GetDescriptor()->name(),
                    .body = one.command,
                    .id = {},
                    .hash = {},
                    .issued_at = cause.time,
                    .expected_version = {},
                    .deadline = {},
                    .correlation_id = cause.correlation_id,
                    .causation_id = event_name(cause.source_subject, cause.version),
                    .traceparent = legal_traceparent(cause.traceparent),
                    .internal = true,
                    .forwarded = false};
    command.id = asked_command_id({.consumer = cause.consumer,
                                   .source_subject = cause.source_subject,
                                   .version = cause.version,
                                   .reaction = reaction,
                                   .target = subject.str(),
                                   .command_type = command.type,
                                   .ordinal = ordinals[subject.str()]++});
    command.hash = command_hash(command.type, *command.body);
    commands.push_back(std::move(command));
  }
  return commands;
}

bool worth_repeating(const Outcome& outcome) {
  if (is_unreadable(outcome)) return false;
  if (const auto* rejected = std::get_if<Rejected>(&outcome))
    return rejected->code == RejectionCode::overloaded
           || rejected->code == RejectionCode::unavailable;
  return std::holds_alternative<Unknown>(outcome);
}

bool is_unreadable(const Outcome& outcome) {
  const auto* rejected = std::get_if<Rejected>(&outcome);
  return rejected && rejected->code == RejectionCode::unavailable
         && rejected->reason == unreadable_log;
}

std::string sentence(const Command& command, const Outcome& outcome) {
  auto text = command.type + " to " + Subject::events(command.instance).str();
  if (const auto* rejected = std::get_if<Rejected>(&outcome))
    return text + " was rejected with " + std::to_string(number_of(rejected->code)) + ", "
           + text_of(*rejected);
  if (const auto* unknown = std::get_if<Unknown>(&outcome))
    return text + " has an unknown outcome, " + unknown->text;
  return text + " was accepted";
}

}  // namespace troupe::engine

// Groups a history's lines by command id.
#include "runtime/check/history/client_commands.hpp"

#include <algorithm>
#include <limits>

namespace troupe::check {

namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// Says nothing about a try before it.
bool says_not_now(const ClientEvent& rejected) {
  return rejected.rejection.code == RejectionCode::overloaded
         || rejected.rejection.code == RejectionCode::unavailable;
}

}  // namespace

bool Told::settled() const {
  return !accepted.empty() || only_rejected()
         || std::any_of(rejected.begin(), rejected.end(),
                        [](const auto* answer) { return !says_not_now(*answer); });
}

bool Told::only_without_effect() const {
  return !accepted.empty() && !unknown() && first_recorded_ns() == never;
}

std::int64_t Told::first_sent_ns() const {
  return (*std::min_element(invokes.begin(), invokes.end(),
                            [](const auto* a, const auto* b) { return a->at_ns < b->at_ns; }))
      ->at_ns;
}

std::int64_t Told::first_recorded_ns() const {
  auto first = never;
  for (const auto* answer : accepted)
    if (answer->accepted.first_version != 0) first = std::min(first, answer->at_ns);
  return first;
}

std::int64_t Told::sent_ns(const ClientEvent& answer) const {
  for (auto invoke = invokes.rbegin(); invoke != invokes.rend(); ++invoke)
    if ((*invoke)->what.process == answer.what.process
        && (*invoke)->what.attempt == answer.what.attempt && (*invoke)->at_ns <= answer.at_ns)
      return (*invoke)->at_ns;
  return invokes.empty() ? answer.at_ns : first_sent_ns();
}

ToldByCommand told_by_command(const std::vector<ClientEvent>& history) {
  ToldByCommand all;
  for (const auto& event : history) {
    if (!event.about_command()) continue;
    auto& told = all[event.what.command_id];
    if (told.subject.empty()) told.subject = event.what.subject;
    if (event.type == ClientEvent::Type::invoke) {
      told.invokes.push_back(&event);
      if (!event.what.args.empty()) told.body = &event;
    } else if (event.type == ClientEvent::Type::ok) {
      told.accepted.push_back(&event);
    } else if (event.type == ClientEvent::Type::rejected) {
      told.rejected.push_back(&event);
    }
  }
  return all;
}

std::optional<CommandTarget> target_of(std::string_view command_subject) {
  constexpr std::string_view prefix = "cmd.";
  const auto dot = command_subject.rfind('.');
  if (!command_subject.starts_with(prefix) || dot < prefix.size()) return std::nullopt;
  return CommandTarget{
      .events_subject =
          "evt." + std::string(command_subject.substr(prefix.size(), dot - prefix.size())),
      .command_type = std::string(command_subject.substr(dot + 1))};
}

std::string witness(const ClientEvent& event) {
  return event.what.process + ", command " + event.what.command_id + ", attempt "
         + std::to_string(event.what.attempt) + ", " + event.what.subject;
}

}  // namespace troupe::check

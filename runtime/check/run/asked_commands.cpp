// Asks every reaction and every timer about every event.
#include "runtime/check/run/asked_commands.hpp"

#include <map>

#include "runtime/ports/identity.hpp"
#include "runtime/ports/listening.hpp"

namespace troupe::check {

AskedCommands::AskedCommands(const DecodedRun& run) : run_(run) {
  for (const auto& context : run.contexts()) add_listeners(*context.model);
  for (const auto& context : run.contexts())
    for (const auto& commit : context.commits)
      for (std::size_t i = 0; i < commit.events.size(); ++i) add(EventAt{&commit, i}, context);
}

const Asked* AskedCommands::find(const std::string& id) const {
  const auto found = asked_.find(id);
  return found == asked_.end() ? nullptr : &found->second;
}

void AskedCommands::add_listeners(const ContextModel& model) {
  const auto context = Token::parse(model.name);
  for (const auto& reaction : model.reactions) {
    const auto aggregate = Token::parse(reaction.aggregate);
    if (!context || !aggregate) continue;
    for (const auto& [type, prototype] : reaction.events)
      listeners_[prototype->GetDescriptor()].push_back(
          {*context, *aggregate, consumer_name(model.name, context_of(type)), &reaction});
  }
}

void AskedCommands::add(const EventAt& event, const DecodedContext& context) {
  if (const auto found = listeners_.find(event.data().GetDescriptor()); found != listeners_.end())
    for (const auto& listener : found->second) add_reaction(event, listener);
  for (const auto& timer : context.model->timers) {
    if (timer.aggregate != event.commit->instance.aggregate.str()
        || !timer.events.contains(event.data().GetDescriptor()->full_name()))
      continue;
    const auto change = timer.on(event.facts(), event.data());
    if (change.due)
      add(event, {.consumer = "timer", .name = stored_name(timer)}, event.commit->subject(),
          change.command, 0);
  }
}

void AskedCommands::add_reaction(const EventAt& event, const Listener& listener) {
  std::map<std::string, std::uint32_t> ordinals;  // by target
  for (const auto& ask : listener.reaction->on(event.facts(), event.data())) {
    const auto id = Token::parse(ask.id);
    if (!id) continue;  // such an event is parked, and I18 tells
    const auto target = Subject::events({listener.context, listener.aggregate, *id}).str();
    add(event,
        {.consumer = listener.consumer,
         .name = listener.reaction->name,
         .reaction = listener.reaction},
        target, ask.command, ordinals[target]++);
  }
}

void AskedCommands::add(const EventAt& event, const Asker& asker, const std::string& target,
                        const SharedMessage& command, std::uint32_t ordinal) {
  const auto& type = command->GetDescriptor()->name();
  auto id = asked_command_id({.consumer = asker.consumer,
                              .source_subject = event.commit->subject(),
                              .version = event.version(),
                              .reaction = asker.name,
                              .target = target,
                              .command_type = type,
                              .ordinal = ordinal});
  const bool recorded = !run_.commits_of_asked(id).empty();
  asked_.emplace(std::move(id), Asked{.cause = event,
                                      .target = target,
                                      .command_type = type,
                                      .command_hash = command_hash(type, *command),
                                      .consumer = std::string(asker.consumer),
                                      .reaction = asker.reaction,
                                      .command = recorded ? nullptr : command});
}

}  // namespace troupe::check

// I4: commands that events asked for, recomputed from the declarations the product itself runs.
#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/ports/identity.hpp"
#include "tools/troupe/check/invariants.hpp"

namespace troupe::tool {

namespace {

/// Among the commands one answer of an effect asks of one instance, and among the attempts of an
/// effect that tries for ever: so many are recognised.
constexpr std::uint32_t effect_ordinals_max = 4;
constexpr unsigned effect_attempts_max = 100;

struct Asked {
  EventAt cause;
  std::string target;  // evt. subject
  std::string command_type;
  std::string command_hash;
};

/// Every command that some event of the run asks for, by its id.
class AskedCommands {
public:
  explicit AskedCommands(const DecodedRun& run) {
    for (const auto& context : run.contexts()) add_listeners(*context.model);
    for (const auto& context : run.contexts())
      for (const auto& commit : context.commits)
        for (std::size_t i = 0; i < commit.events.size(); ++i) add(EventAt{&commit, i}, context);
  }

  const Asked* find(const std::string& id) const {
    const auto found = asked_.find(id);
    return found == asked_.end() ? nullptr : &found->second;
  }

private:
  struct Listener {
    Token context;
    Token aggregate;
    std::string consumer;
    const ReactionModel* reaction;
  };

  void add_listeners(const ContextModel& model) {
    const auto context = Token::parse(model.name);
    for (const auto& reaction : model.reactions) {
      const auto aggregate = Token::parse(reaction.aggregate);
      if (!context || !aggregate) continue;
      for (const auto& [type, prototype] : reaction.events)
        listeners_[prototype->GetDescriptor()].push_back(
            {*context, *aggregate, model.name + "-from-" + std::string(context_of(type)),
             &reaction});
    }
  }

  void add(const EventAt& event, const DecodedContext& context) {
    if (const auto found = listeners_.find(event.data().GetDescriptor()); found != listeners_.end())
      for (const auto& listener : found->second) add_reaction(event, listener);
    for (const auto& timer : context.model->timers) {
      if (timer.aggregate != event.commit->instance.aggregate.str()
          || !timer.events.contains(event.data().GetDescriptor()->full_name()))
        continue;
      const auto change = timer.on(event.facts(), event.data());
      if (change.due) add(event, "timer", timer.name, event.commit->subject(), *change.command, 0);
    }
  }

  void add_reaction(const EventAt& event, const Listener& listener) {
    std::map<std::string, std::uint32_t> ordinals;  // by target
    for (const auto& ask : listener.reaction->on(event.facts(), event.data())) {
      const auto id = Token::parse(ask.id);
      if (!id) continue;  // such an event is parked, and I18 tells
      const auto target = Subject::events({listener.context, listener.aggregate, *id}).str();
      add(event, listener.consumer, listener.reaction->name, target, *ask.command,
          ordinals[target]++);
    }
  }

  void add(const EventAt& event, std::string_view consumer, std::string_view reaction,
           const std::string& target, const Message& command, std::uint32_t ordinal) {
    const auto& type = command.GetDescriptor()->name();
    asked_.emplace(asked_command_id({.consumer = consumer,
                                     .source_subject = event.commit->subject(),
                                     .version = event.version(),
                                     .reaction = reaction,
                                     .target = target,
                                     .command_type = type,
                                     .ordinal = ordinal}),
                   Asked{.cause = event,
                         .target = target,
                         .command_type = type,
                         .command_hash = command_hash(type, command)});
  }

  std::unordered_map<const google::protobuf::Descriptor*, std::vector<Listener>> listeners_;
  std::unordered_map<std::string, Asked> asked_;
};

/// True if an effect of this event may have asked for the commit's command.
bool asked_by_effect(const EventAt& cause, const DecodedCommit& commit, const ContextModel& model) {
  const auto is_asked_as = [&](const std::string& name) {
    for (std::uint32_t ordinal = 0; ordinal < effect_ordinals_max; ++ordinal)
      if (commit.envelope.command_id()
          == asked_command_id({.consumer = "effect",
                               .source_subject = cause.commit->subject(),
                               .version = cause.version(),
                               .reaction = name,
                               .target = commit.subject(),
                               .command_type = commit.envelope.command_type(),
                               .ordinal = ordinal}))
        return true;
    return false;
  };
  for (const auto& effect : model.effects) {
    if (effect.event->GetDescriptor() != cause.data().GetDescriptor()) continue;
    if (is_asked_as(effect.name)) return true;
    const auto attempts = effect.attempts_max == 0 ? effect_attempts_max : effect.attempts_max;
    for (unsigned attempt = 1; attempt <= attempts; ++attempt)
      if (is_asked_as(effect.name + '#' + std::to_string(attempt))) return true;
  }
  return false;
}

/// What a causation id points at.
struct Cause {
  std::string_view subject;
  std::uint64_t version = 0;
};

std::optional<Cause> parse_cause(std::string_view text) {
  const auto at = text.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  Cause cause{.subject = text.substr(0, at)};
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data() + at + 1, end, cause.version);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return cause;
}

/// Why the commit's command is not one that its cause asked for, or nothing when it is.
std::optional<std::string> objection(const DecodedCommit& commit, const DecodedContext& context,
                                     const DecodedRun& run, const AskedCommands& asked) {
  const auto& envelope = commit.envelope;
  const auto cause = parse_cause(envelope.causation_id());
  const auto event = cause ? run.event(cause->subject, cause->version) : std::nullopt;
  if (!event) return "its cause " + envelope.causation_id() + " is not in the log";
  if (event->commit->instance.context == commit.instance.context
      && event->commit->stored->sequence >= commit.stored->sequence)
    return "it is older than its cause " + envelope.causation_id();

  if (const auto* ask = asked.find(envelope.command_id())) {
    if (ask->cause.name() != envelope.causation_id())
      return "its command was asked for by " + ask->cause.name() + ", not by "
             + envelope.causation_id();
    if (ask->target != commit.subject() || ask->command_type != envelope.command_type())
      return "its command was meant as " + ask->command_type + " for " + ask->target;
    if (ask->command_hash != envelope.command_hash())
      return "its command does not say what " + envelope.causation_id() + " asked for";
    return std::nullopt;
  }
  if (event->commit->instance == commit.instance && asked_by_effect(*event, commit, *context.model))
    return std::nullopt;
  return envelope.causation_id() + " asked for no such command";
}

bool was_not_collected(std::string_view causation_id, const DecodedRun& run) {
  return std::any_of(run.missing().begin(), run.missing().end(), [&](const auto& context) {
    return causation_id.starts_with("evt." + context + '.');
  });
}

}  // namespace

void check_causes(const DecodedRun& run, Report& report) {
  const AskedCommands asked(run);
  std::uint64_t elsewhere = 0;
  for (const auto& context : run.contexts()) {
    for (const auto& commit : context.commits) {
      const auto& cause = commit.envelope.causation_id();
      if (cause.empty()) {
        report.count("commits by clients");
        continue;
      }
      report.count("commits by events");
      if (was_not_collected(cause, run))
        ++elsewhere;
      else if (const auto why = objection(commit, context, run, asked))
        report.violated("I4", commit.envelope.command_type() + ": " + *why, place(*commit.stored));
    }
  }
  if (elsewhere > 0)
    report.not_checked("I4", std::to_string(elsewhere)
                                 + " commits were asked for by contexts that were not collected");
}

}  // namespace troupe::tool

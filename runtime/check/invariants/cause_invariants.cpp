// I4: commands that events asked for, recomputed from the declarations the product itself runs.
#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::check {

namespace {

/// Among the commands one answer of an effect asks of one instance, and among the attempts of an
/// effect, however many its policy allows today: so many are recognised.
constexpr std::uint32_t effect_ordinals_max = 4;
constexpr unsigned effect_attempts_max = 1'000;

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
    for (const auto& name : std::set{effect.name, stored_name(effect)}) {
      if (is_asked_as(name)) return true;
      for (unsigned attempt = 1; attempt <= effect_attempts_max; ++attempt)
        if (is_asked_as(name + '#' + std::to_string(attempt))) return true;
    }
  }
  return false;
}

/// Why the commit's command is not one that its cause asked for, or nothing when it is.
std::optional<std::string> objection(const DecodedCommit& commit, const DecodedContext& context,
                                     const DecodedRun& run, const AskedCommands& asked) {
  const auto& envelope = commit.envelope;
  const auto cause = parse_event_name(envelope.causation_id());
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

/// Or it is of a context that this program does not know.
bool was_not_collected(const std::string& causation_id, const DecodedRun& run) {
  const auto cause = parse_event_name(causation_id);
  const auto subject = cause ? Subject::parse(cause->subject) : std::nullopt;
  const auto instance = subject ? instance_of(*subject) : std::nullopt;
  return instance && run.context(instance->context.str()) == nullptr;
}

}  // namespace

void check_causes(const DecodedRun& run, const AskedCommands& asked, Report& report) {
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

}  // namespace troupe::check

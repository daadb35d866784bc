// I18: nothing waits for anything any more.
#include <string>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"

namespace troupe::check {

namespace {

/// One that is armed may wait for long; whether for what has ended, its domain knows.
void check_timer(const std::string& subject, Report& report) {
  const auto parsed = Subject::parse(subject);
  const auto tokens = parsed ? parsed->tokens() : std::vector<std::string_view>{};
  constexpr std::size_t timer_tokens = 6;  // tmr.<context>.<armed|fired>.<aggregate>.<id>.<timer>
  if (tokens.size() != timer_tokens)
    return report.violated("I18", "a timer has a subject that makes no sense", subject);
  if (tokens[2] == "fired")
    report.violated("I18", "a timer has fired, but nobody took it", subject);
}

std::string witness(const ParkedRecord& parked) {
  return parked.subject + ", sequence " + std::to_string(parked.sequence) + ", by "
         + parked.consumer;
}

/// Poison that nobody parked was swallowed, or is tried for ever.
void check_poison(const DecodedRun& run, Report& report) {
  if (run.poison().subjects().empty()) return;
  report.count("poisoned instances", run.poison().subjects().size());
  if (!run.missing().empty())
    return report.not_checked("I18", "poison may be parked by contexts that were not collected");
  for (const auto& subject : run.poison().subjects())
    if (!run.poison().parked(subject))
      report.violated("I18", "poison was put into the log, but nobody parked it", subject);
}

}  // namespace

void check_stuck(const DecodedRun& run, Report& report) {
  for (const auto& context : run.contexts()) {
    const auto& name = context.model->name;
    if (!context.run->backlog) {
      report.not_checked("I18", "nobody said what " + name + " has still to do");
      continue;
    }
    for (const auto& consumer : context.run->backlog->consumers)
      if (consumer.pending != 0 || consumer.ack_pending != 0)
        report.violated("I18",
                        std::to_string(consumer.pending) + " events pending, "
                            + std::to_string(consumer.ack_pending) + " unacknowledged",
                        "consumer " + consumer.name + " on the stream of " + name);
    for (const auto& subject : context.run->backlog->timers) check_timer(subject, report);
    for (const auto& one : context.run->backlog->parked) {
      report.count("parked events");
      if (!run.poison().concerns(one.subject) && !run.skips(one.stream, one.sequence))
        report.violated("I18", "an event is parked: " + one.cause, witness(one));
    }
  }
  check_poison(run, report);
}

}  // namespace troupe::check

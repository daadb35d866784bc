// I8: answers that recorded nothing were right when they were given.
#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/check/invariants/invariants.hpp"
#include "runtime/check/run/instance_fold.hpp"
#include "runtime/nats/wire/body.hpp"

namespace troupe::check {

namespace {

/// An answer without a version is tried on so many of them.
constexpr std::size_t versions_tried_max = 10'000;

/// A refusal, or an answer that nothing needed to happen.
struct Answer {
  const ClientEvent* event = nullptr;
  const Told* told = nullptr;
  std::uint64_t from = 0;    ///< the oldest version that may have been looked at
  std::uint64_t before = 0;  ///< the first version that cannot have been
  std::size_t tried = 0;
  bool confirmed = false;

  bool refused() const { return event->type == ClientEvent::Type::rejected; }
  /// Others, such as "another version is expected", are the runtime's.
  bool by_the_domain() const {
    return !refused() || event->rejection.code == RejectionCode::refused;
  }
  std::uint64_t decided_at() const { return event->rejection.decided_at.value_or(0); }
};

/// Which versions of an instance were certainly there, and which cannot have been, at some time.
class Times {
public:
  Times(const std::vector<const DecodedCommit*>& commits, const ToldByCommand& all) {
    for (const auto* commit : commits) {
      const auto told = all.find(commit->envelope.command_id());
      if (told == all.end() || told->second.invokes.empty()) continue;
      recorded_.emplace_back(told->second.first_recorded_ns(), commit->last_version());
      sent_.emplace_back(told->second.first_sent_ns(), commit->envelope.first_version());
    }
    std::sort(recorded_.begin(), recorded_.end());
    for (std::size_t i = 1; i < recorded_.size(); ++i)
      recorded_[i].second = std::max(recorded_[i].second, recorded_[i - 1].second);
    std::sort(sent_.begin(), sent_.end());
    for (std::size_t i = sent_.size(); i-- > 1;)
      sent_[i - 1].second = std::min(sent_[i - 1].second, sent_[i].second);
  }

  /// The newest version that had been acknowledged.
  std::uint64_t recorded_before(std::int64_t time) const {
    const auto after = std::lower_bound(recorded_.begin(), recorded_.end(), Entry{time, 0});
    return after == recorded_.begin() ? 0 : std::prev(after)->second;
  }
  /// The first version whose command had not been sent yet.
  std::uint64_t not_sent_at(std::int64_t time) const {
    const auto after = std::upper_bound(sent_.begin(), sent_.end(), Entry{time, none});
    return after == sent_.end() ? none : after->second;
  }

private:
  using Entry = std::pair<std::int64_t, std::uint64_t>;
  static constexpr auto none = std::numeric_limits<std::uint64_t>::max();

  std::vector<Entry> recorded_;
  std::vector<Entry> sent_;
};

/// Looks at the answers of one instance.
class InstanceAnswers {
public:
  InstanceAnswers(const std::vector<const DecodedCommit*>& commits, const AggregateModel& model,
                  const ToldByCommand& all, Report& report)
      : commits_(commits), fold_(model), times_(commits, all), report_(report) {}

  void add(const ClientEvent& event, const Told& told) {
    answers_.push_back({.event = &event,
                        .told = &told,
                        .from = times_.recorded_before(told.sent_ns(event)),
                        .before = times_.not_sent_at(event.at_ns)});
  }

  /// Returns how many answers could not be decided again.
  std::uint64_t check() {
    for (const auto& answer : answers_)
      if (answer.refused()) check_version(answer);
    decide_again(0);
    bool sound = true;
    for (const auto* commit : commits_) {
      if (!(sound = sound && fold_.apply(*commit))) break;  // I25 tells
      decide_again(fold_.version());
    }
    std::uint64_t open = 0;
    for (const auto& answer : answers_) {
      if (!answer.by_the_domain()) continue;
      if (answer.told->body == nullptr || !sound || answer.tried >= versions_tried_max)
        ++open;
      else if (!answer.refused() && !answer.confirmed)
        report_.violated("I8", "something needed to happen on every version it may have looked at",
                         witness(*answer.event));
    }
    return open;
  }

private:
  void check_version(const Answer& answer) {
    const auto version = answer.decided_at();
    const auto said = "decided on version " + std::to_string(version);
    if (version < answer.from)
      report_.violated("I8",
                       said + ", but version " + std::to_string(answer.from)
                           + " had been acknowledged before it was sent",
                       witness(*answer.event));
    else if (version >= answer.before)
      report_.violated("I8", said + ", which was sent only after the answer",
                       witness(*answer.event));
    else if (version != 0 && !is_end_of_commit(version))
      report_.violated("I8", said + ", at which the log has no commit's end",
                       witness(*answer.event));
  }

  bool is_end_of_commit(std::uint64_t version) const {
    return std::any_of(commits_.begin(), commits_.end(),
                       [&](const auto* commit) { return commit->last_version() == version; });
  }

  void decide_again(std::uint64_t version) {
    for (auto& answer : answers_) {
      if (answer.told->body == nullptr || !answer.by_the_domain()) continue;
      if (answer.refused() ? answer.decided_at() != version
                           : answer.confirmed || version < answer.from || version >= answer.before
                                 || answer.tried >= versions_tried_max)
        continue;
      ++answer.tried;
      decide_again(answer);
    }
  }

  void decide_again(Answer& answer) {
    const auto& what = answer.told->body->what;
    const auto target = target_of(what.subject);
    const auto prototype = fold_.model().commands.find(target ? target->command_type : "");
    if (prototype == fold_.model().commands.end()) return;
    const auto command = nats::read_body(*prototype->second, nats::BodyForm::json, what.args);
    if (!command) return;
    const auto id = target->events_subject.substr(target->events_subject.rfind('.') + 1);
    const auto decision = fold_.decide(**command, {.issued_at = what.issued_at.value_or(Time{}),
                                                   .instance_id = id,
                                                   .command_id = what.command_id});
    if (!decision) return;
    if (!answer.refused()) {
      answer.confirmed = !decision->rejection && decision->events.empty();
      return;
    }
    const auto& rejection = answer.event->rejection;
    if (!decision->rejection)
      report_.violated(
          "I8", "the domain does not refuse it on version " + std::to_string(answer.decided_at()),
          witness(*answer.event) + ": " + text_of(rejection));
    else if (rejection.reason != decision->rejection->code)
      report_.violated(
          "I8",
          "the domain refuses it for another reason, " + std::string(decision->rejection->code),
          witness(*answer.event) + ": " + text_of(rejection));
  }

  const std::vector<const DecodedCommit*>& commits_;
  InstanceFold fold_;
  const Times times_;
  Report& report_;
  std::vector<Answer> answers_;
};

/// Answers of the runtime that have no version say nothing about the state.
bool records_nothing(const ClientEvent& answer) {
  if (answer.type == ClientEvent::Type::ok) return answer.accepted.first_version == 0;
  return answer.rejection.decided_at || answer.rejection.code == RejectionCode::refused;
}

bool has_version(const ClientEvent& answer) {
  return answer.type == ClientEvent::Type::ok || answer.rejection.decided_at;
}

}  // namespace

void check_answers(const DecodedRun& run, const ToldByCommand& all, Report& report) {
  std::map<std::string, InstanceAnswers> instances;  // by subject
  std::uint64_t open = 0;
  for (const auto& [command_id, told] : all) {
    const auto target = target_of(told.subject);
    const auto* model = target ? run.model_of(target->events_subject) : nullptr;
    for (const auto* answers : {&told.accepted, &told.rejected}) {
      for (const auto* answer : *answers) {
        if (!records_nothing(*answer)) continue;
        if (model == nullptr || !has_version(*answer)) {
          ++open;
          continue;
        }
        instances
            .try_emplace(target->events_subject, run.commits_on(target->events_subject), *model,
                         all, report)
            .first->second.add(*answer, told);
        report.count("answers without events");
      }
    }
  }
  for (auto& [subject, instance] : instances) open += instance.check();
  if (open > 0)
    report.not_checked("I8", std::to_string(open)
                                 + " answers without events lack the version, the command's body or "
                                   "the log to decide them again");
}

}  // namespace troupe::check

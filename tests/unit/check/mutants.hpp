// Changes to a good run, so that a check can prove that it notices.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/check/check.hpp"
#include "runtime/ports/identity.hpp"
#include "tests/unit/check/good_run.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::test {

inline check::ContextRun& context(check::FinishedRun& run, const std::string& name) {
  return *std::ranges::find(run.contexts, name, &check::ContextRun::context);
}

/// The latest claim of an instance's slot.
inline std::uint64_t epoch_of(const check::FinishedRun& run, const StoredSubject& events) {
  const auto instance = instance_of(events).value();
  const auto claims =
      "ctl." + instance.context.str() + '.' + std::to_string(slot_of(instance, slots_default));
  return std::ranges::find(run.control->rbegin(), run.control->rend(), claims,
                           &check::ControlRecord::subject)
      ->sequence;
}

inline v1::Commit decoded(const StoredCommit& stored) {
  v1::Commit commit;
  commit.ParseFromString(stored.bytes);
  return commit;
}

/// The commits of an instance whose command is of that type; there must be one.
inline StoredCommit& commit(check::FinishedRun& run, const std::string& target,
                            const std::string& command_type) {
  auto& log = context(run, target.substr(0, target.find('.'))).log;
  const auto found = std::ranges::find_if(log, [&](const auto& stored) {
    return stored.subject.str() == "evt." + target
           && decoded(stored).command_type() == command_type;
  });
  if (found == log.end()) throw std::invalid_argument(target + " has no " + command_type);
  return *found;
}

/// Numbers and chains a context's commits anew, as if its log had always been like this: what is
/// wrong with it then is not its form.
inline void forge(check::ContextRun& context) {
  struct Tail {
    std::uint64_t version = 0;
    std::string bytes;
  };
  std::map<std::string, Tail> tails;
  std::uint64_t sequence = 0;
  for (auto& stored : context.log) {
    auto commit = decoded(stored);
    auto& tail = tails[stored.subject.str()];
    commit.set_first_version(tail.version + 1);
    commit.set_previous_hash(tail.version == 0 ? "" : sha256(tail.bytes));
    stored.bytes = commit.SerializeAsString();
    stored.sequence = ++sequence;
    tail = {.version = tail.version + static_cast<std::uint64_t>(commit.events_size()),
            .bytes = stored.bytes};
  }
  context.last_sequence = sequence;
  for (auto& [name, view] : context.views) view.checkpoint = sequence;
}

/// Somebody stores a message at the end of a context's stream, past all nodes. The views are taken
/// along, so that only the message itself is found.
inline StoredCommit& write(check::FinishedRun& run, const std::string& name,
                           const std::string& subject, const std::string& bytes) {
  auto& where = context(run, name);
  where.log.push_back({++where.last_sequence, StoredSubject(subject), bytes});
  for (auto& [view, content] : where.views) content.checkpoint = where.last_sequence;
  return where.log.back();
}

/// An operator decides that all pass over a message of a context.
inline void skip(check::FinishedRun& run, const std::string& name, const StoredCommit& stored) {
  v1::Skip record;
  record.set_stream(stream_name(StreamKind::events, *Token::parse(name)));
  record.set_sequence(stored.sequence);
  record.set_hash(sha256(stored.bytes));
  run.control->push_back(
      {.sequence = run.control->size() + 1,
       .subject = "ctl.skip." + record.stream() + "." + std::to_string(stored.sequence),
       .bytes = record.SerializeAsString()});
}

/// What clients were told and what is derived from the logs follows the forged logs: whatever still
/// differs then is what was spoilt.
inline void retell(check::FinishedRun& run) {
  std::map<std::string, std::pair<v1::Commit, std::uint64_t>> commits;  // by command
  for (const auto& context : run.contexts)
    for (const auto& stored : context.log)
      commits.try_emplace(decoded(stored).command_id(), decoded(stored), stored.sequence);
  for (auto& event : *run.history) {
    const auto found = commits.find(event.what.command_id);
    if (event.type != check::ClientEvent::Type::ok || event.accepted.first_version == 0
        || found == commits.end())
      continue;
    const auto& [commit, sequence] = found->second;
    event.accepted.first_version = commit.first_version();
    event.accepted.last_version =
        commit.first_version() + static_cast<std::uint64_t>(commit.events_size()) - 1;
    event.accepted.sequence = sequence;
  }
}

/// The views and the other program's states, as a sound projector and a sound fold make them.
inline void derive(check::FinishedRun& run) {
  for (const auto& model : all_contexts())
    for (const auto& view : model.views)
      context(run, model.name).views[view.name] =
          OrderFlow::projected(view, context(run, model.name));
  run.states = check::fold_states(run, all_contexts());
}

/// Forges the log of an instance's context, and all that follows from it.
inline void reforge(check::FinishedRun& run, const std::string& target) {
  forge(context(run, target.substr(0, target.find('.'))));
  retell(run);
  derive(run);
}

/// Edits an event of a commit and forges the log around it.
template <class E>
void edit(check::FinishedRun& run, const std::string& target, const std::string& command_type,
          const std::function<void(E&)>& change) {
  auto& stored = commit(run, target, command_type);
  auto envelope = decoded(stored);
  for (auto& any : *envelope.mutable_events()) {
    E event;
    if (!any.UnpackTo(&event)) continue;
    change(event);
    any.PackFrom(event);
  }
  stored.bytes = envelope.SerializeAsString();
  reforge(run, target);
}

/// Edits a commit less its events, and forges the log around it.
inline void edit(check::FinishedRun& run, const std::string& target,
                 const std::string& command_type, const std::function<void(v1::Commit&)>& change) {
  auto& stored = commit(run, target, command_type);
  auto envelope = decoded(stored);
  change(envelope);
  stored.bytes = envelope.SerializeAsString();
  reforge(run, target);
}

/// Takes a commit out and forges the log around it.
inline void drop(check::FinishedRun& run, const std::string& target,
                 const std::string& command_type) {
  auto& log = context(run, target.substr(0, target.find('.'))).log;
  log.erase(log.begin() + (&commit(run, target, command_type) - log.data()));
  reforge(run, target);
}

/// Appends a commit to its own instance once more, as another command, and forges the log.
inline void repeat(check::FinishedRun& run, const std::string& target,
                   const std::string& command_type, const std::string& command_id) {
  auto again = commit(run, target, command_type);
  auto& where = context(run, target.substr(0, target.find('.')));
  const auto last = std::ranges::find(where.log.rbegin(), where.log.rend(), again.subject,
                                      &StoredCommit::subject);
  auto envelope = decoded(again);
  envelope.set_command_id(command_id);
  envelope.set_epoch(decoded(*last).epoch());
  envelope.set_node(decoded(*last).node());
  again.bytes = envelope.SerializeAsString();
  where.log.push_back(std::move(again));
  reforge(run, target);
}

inline check::ClientEvent& told(check::FinishedRun& run, const std::string& subject,
                                check::ClientEvent::Type type) {
  return *std::ranges::find_if(*run.history, [&](const auto& event) {
    return event.what.subject == subject && event.type == type;
  });
}

/// The history without the answers to a command: its client never heard of it.
inline void forget(check::FinishedRun& run, const std::string& subject) {
  std::erase_if(*run.history, [&](const auto& event) {
    return event.what.subject == subject && event.type != check::ClientEvent::Type::invoke;
  });
}

/// A fault that is undone from `healing` on; from its end when that is 0.
inline void add_fault(check::FinishedRun& run, const std::string& kind, std::int64_t begin,
                      std::int64_t end, std::int64_t healing = 0) {
  const auto mark = [&](std::int64_t at, const std::string& phase) {
    check::ClientEvent event;
    event.type = check::ClientEvent::Type::nemesis;
    event.at_ns = at;
    event.fault = {.fault = "7", .kind = kind, .phase = phase, .target = "n1"};
    run.history->push_back(event);
  };
  mark(begin, "start");
  if (healing != 0) mark(healing, "healing");
  mark(end, "stop");
}

inline bool is_not_checked(const check::Report& report, std::string_view invariant) {
  return std::ranges::any_of(report.not_checked(),
                             [&](const auto& gap) { return gap.invariant == invariant; });
}

/// One way to spoil a good run, and the invariants that must notice, these and no others.
struct Mutation {
  std::string name;
  std::string caught_by;  ///< such as "I1 I10", in this order
  std::function<void(ShopRun&)> spoil;
  std::vector<std::string> lost{};  ///< as in OrderFlow
};

inline std::string violated_in(const check::Report& report) {
  std::string all;
  for (const auto& invariant : report.rules())
    if (report.found(invariant.id) != 0)
      all += (all.empty() ? "" : " ") + std::string(invariant.id);
  return all;
}

/// `make` makes the good run.
template <class Make>
void check_caught(const Mutation& mutation, const Make& make) {
  DYNAMIC_SECTION(mutation.name) {
    auto run = make();
    const auto states = run.states;
    if (mutation.spoil) mutation.spoil(run);
    // Another program would have folded the spoilt logs alike.
    if (run.states == states) run.states = check::fold_states(run, all_contexts());
    const auto report = check_shop(run);
    for (const auto& violation : report.violations())
      UNSCOPED_INFO(violation.invariant << ' ' << violation.sentence << ": " << violation.witness);
    CHECK(violated_in(report) == mutation.caught_by);
  }
}

inline void check_caught(const Mutation& mutation) {
  check_caught(mutation, [&] { return good_run(mutation.lost); });
}

/// The report on a good run that was spoilt.
inline check::Report spoilt(const std::function<void(ShopRun&)>& spoil) {
  auto run = good_run();
  spoil(run);
  return check_shop(run);
}

}  // namespace troupe::test

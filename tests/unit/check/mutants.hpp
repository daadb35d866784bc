// Changes to a good run, so that a check can prove that it notices.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "runtime/ports/identity.hpp"
#include "tests/unit/check/good_run.hpp"
#include "tools/troupe/check/check.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::test {

inline tool::ContextRun& context(tool::FinishedRun& run, const std::string& name) {
  return *std::ranges::find(run.contexts, name, &tool::ContextRun::context);
}

inline v1::Commit decoded(const StoredCommit& stored) {
  v1::Commit commit;
  commit.ParseFromString(stored.bytes);
  return commit;
}

/// The commits of an instance whose command is of that type; there must be one.
inline StoredCommit& commit(tool::FinishedRun& run, const std::string& target,
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
inline void forge(tool::ContextRun& context) {
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

/// Edits an event of a commit and forges the log around it.
template <class E>
void edit(tool::FinishedRun& run, const std::string& target, const std::string& command_type,
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
  forge(context(run, target.substr(0, target.find('.'))));
}

/// Edits a commit less its events, and forges the log around it.
inline void edit(tool::FinishedRun& run, const std::string& target, const std::string& command_type,
                 const std::function<void(v1::Commit&)>& change) {
  auto& stored = commit(run, target, command_type);
  auto envelope = decoded(stored);
  change(envelope);
  stored.bytes = envelope.SerializeAsString();
  forge(context(run, target.substr(0, target.find('.'))));
}

/// Takes a commit out and forges the log around it.
inline void drop(tool::FinishedRun& run, const std::string& target,
                 const std::string& command_type) {
  auto& log = context(run, target.substr(0, target.find('.'))).log;
  log.erase(log.begin() + (&commit(run, target, command_type) - log.data()));
  forge(context(run, target.substr(0, target.find('.'))));
}

/// Appends a commit to its own instance once more, as another command, and forges the log.
inline void repeat(tool::FinishedRun& run, const std::string& target,
                   const std::string& command_type, const std::string& command_id) {
  auto again = commit(run, target, command_type);
  auto envelope = decoded(again);
  envelope.set_command_id(command_id);
  again.bytes = envelope.SerializeAsString();
  auto& where = context(run, target.substr(0, target.find('.')));
  where.log.push_back(std::move(again));
  forge(where);
}

/// The report on a good run that was spoilt.
inline tool::Report spoilt(const std::function<void(tool::FinishedRun&)>& spoil) {
  auto run = good_run();
  spoil(run);
  return tool::check(run);
}

}  // namespace troupe::test

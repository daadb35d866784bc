// A run's logs, decoded once for all invariants.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/check/run/poison.hpp"
#include "runtime/check/run/report.hpp"
#include "runtime/check/run/run.hpp"
#include "runtime/engine/history/skip_list.hpp"
#include "troupe/v1/commit.pb.h"

namespace troupe::check {

struct DecodedCommit {
  const StoredCommit* stored = nullptr;
  Instance instance;    ///< from the subject
  v1::Commit envelope;  ///< its `events` are moved to:
  std::vector<MessagePtr> events;

  const std::string& subject() const { return stored->subject.str(); }
  std::uint64_t last_version() const { return envelope.first_version() + events.size() - 1; }
  Time time() const;
};

/// One event in its commit.
struct EventAt {
  const DecodedCommit* commit = nullptr;
  std::size_t index = 0;

  const Message& data() const { return *commit->events[index]; }
  std::uint64_t version() const { return commit->envelope.first_version() + index; }
  const std::string& id() const { return commit->instance.id.str(); }
  EventFacts facts() const { return {.id = id(), .version = version(), .time = commit->time()}; }
  /// <subject>@<version>, as in a causation id.
  std::string name() const;
  /// The event as an E, or null if it is something else.
  template <class E>
  const E* as() const {
    return data().GetDescriptor() == E::descriptor() ? static_cast<const E*>(&data()) : nullptr;
  }
};

struct DecodedContext {
  const ContextModel* model = nullptr;
  const ContextRun* run = nullptr;
  std::vector<DecodedCommit> commits;          ///< in the order of the stream
  std::vector<const StoredCommit*> skipped{};  ///< by an operator's decision, in that order

  /// Whether the message there is skipped.
  bool skips(std::uint64_t sequence) const;

  /// Calls `handle` with every event of an aggregate's instances, in the order of the stream.
  template <class Handle>
  void for_each_event(std::string_view aggregate, const Handle& handle) const {
    for (const auto& commit : commits) {
      if (commit.instance.aggregate.str() != aggregate) continue;
      for (std::size_t i = 0; i < commit.events.size(); ++i) handle(EventAt{&commit, i});
    }
  }
};

/// Points into the run and the models it was made of.
class DecodedRun {
public:
  /// What is skipped is left out; what cannot be decoded as well, and is a violation of I1.
  DecodedRun(const FinishedRun& run, const std::vector<ContextModel>& models, Report& report);
  DecodedRun(const DecodedRun&) = delete;
  DecodedRun& operator=(const DecodedRun&) = delete;

  const FinishedRun& run() const { return run_; }
  const Poison& poison() const { return poison_; }
  const std::vector<DecodedContext>& contexts() const { return contexts_; }
  /// Null when that context's log was not collected.
  const DecodedContext* context(std::string_view name) const;

  /// Null when there is no such aggregate or its context's log was not collected.
  const AggregateModel* model_of(const Instance& instance) const;
  /// The same for an evt. subject.
  const AggregateModel* model_of(std::string_view events_subject) const;

  /// Whether an operator has decided that the message is skipped.
  bool skips(const std::string& stream, std::uint64_t sequence) const;

  /// The contexts that are known but whose logs were not collected.
  const std::vector<std::string>& missing() const { return missing_; }

  /// Nothing when the log has no such event.
  std::optional<EventAt> event(std::string_view subject, std::uint64_t version) const;
  /// The commits made for the command of this id that clients sent, or that an event asks for; more
  /// than one is a violation of I3.
  const std::vector<const DecodedCommit*>& commits_of(const std::string& command_id) const;
  const std::vector<const DecodedCommit*>& commits_of_asked(const std::string& command_id) const;
  /// Those of the command of a commit, itself among them.
  const std::vector<const DecodedCommit*>& commits_with(const DecodedCommit& commit) const;
  /// The commits of every instance, by its subject, in the order of the stream.
  const std::map<std::string_view, std::vector<const DecodedCommit*>>& instances() const {
    return by_subject_;
  }
  /// The commits of an instance, in the order of the stream.
  const std::vector<const DecodedCommit*>& commits_on(std::string_view subject) const;

private:
  const FinishedRun& run_;
  const Poison poison_;
  engine::SkipList skips_;
  std::vector<DecodedContext> contexts_;
  const std::vector<const DecodedCommit*>& commits_by(const std::string& key) const;

  std::vector<std::string> missing_;
  std::map<std::string_view, std::vector<const DecodedCommit*>> by_subject_;
  std::unordered_map<std::string, std::vector<const DecodedCommit*>> by_command_;  // by key
};

/// What a causation id points at; nothing when it is not <subject>@<version>.
struct EventName {
  std::string_view subject;
  std::uint64_t version = 0;
};
std::optional<EventName> parse_event_name(std::string_view text);

/// How a witness names a commit.
std::string place(const StoredCommit& commit);

}  // namespace troupe::check

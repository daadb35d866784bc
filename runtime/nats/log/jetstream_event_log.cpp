// Implements the event log in JetStream; loading is in event_loading.cpp.
#include "runtime/nats/log/jetstream_event_log.hpp"

#include <mutex>

#include "runtime/base/assert.hpp"
#include "runtime/nats/log/event_history.hpp"
#include "runtime/nats/log/event_loading.hpp"

namespace troupe::nats {
namespace {

Instance event_source(const Subject& subject) {
  auto instance = instance_of(subject);
  TROUPE_ASSERT(instance.has_value(),
                "the event log is asked for something that is no evt subject");
  return *std::move(instance);
}

/// The second token, without taking the subject apart.
std::string_view context_of(const Subject& subject) {
  const std::string_view text = subject.str();
  const auto begin = text.find('.') + 1;
  return text.substr(begin, text.find('.', begin) - begin);
}

}  // namespace

JetStreamEventLog::JetStreamEventLog(Connection& appends, StreamLeaders& reads)
    : appends_(appends), reads_(reads), loads_(std::make_shared<ConcurrencyLimit>(loads_max)) {}

GroupCommit& JetStreamEventLog::stream_of(const Subject& subject) {
  {
    const std::shared_lock lock(mutex_);
    if (const auto known = by_context_.find(context_of(subject)); known != by_context_.end())
      return *known->second;
  }
  const auto context = event_source(subject).context;
  const std::unique_lock lock(mutex_);
  auto& made = by_context_[context.str()];
  if (!made)
    made = std::make_shared<GroupCommit>(appends_, stream_name(StreamKind::events, context),
                                         append_timeout);
  return *made;
}

void JetStreamEventLog::append(const Subject& subject, std::uint64_t expected,
                               std::vector<std::string> commits, Appended done) {
  TROUPE_ASSERT(!commits.empty() && commits.size() <= append_commits_max,
                "an append holds between one commit and append_commits_max");
  stream_of(subject).append({subject, expected, std::move(commits), std::move(done)});
}

/// A read that waits may outlive this log, but not the connection.
void JetStreamEventLog::in_turn(const Subject& subject, Read read, Loaded done) {
  loads_->take([&reads = reads_, read = std::move(read), done = std::move(done),
                stream = stream_name(StreamKind::events, event_source(subject).context)](
                   ConcurrencyLimit::Finished finished) {
    read(reads, stream, [done, finished = std::move(finished)](auto commits) {
      finished();
      done(std::move(commits));
    });
  });
}

void JetStreamEventLog::load(const Subject& subject, std::uint64_t after, Loaded done) {
  in_turn(
      subject,
      [subject, after](StreamLeaders& reads, const std::string& stream, Loaded loaded) {
        load_commits(reads, subject, stream, after, std::move(loaded));
      },
      std::move(done));
}

void JetStreamEventLog::load_before(const Subject& subject, std::uint64_t before, Loaded done) {
  in_turn(
      subject,
      [subject, before](StreamLeaders& reads, const std::string& stream, Loaded loaded) {
        load_commits_before(reads, subject, stream, before, std::move(loaded));
      },
      std::move(done));
}

void JetStreamEventLog::load_at(const Subject& subject, std::vector<std::uint64_t> sequences,
                                Loaded done) {
  TROUPE_ASSERT(sequences.size() <= load_at_max, "load_at has a bound");
  in_turn(
      subject,
      [subject, sequences = std::move(sequences)](StreamLeaders& reads, const std::string& stream,
                                                  Loaded loaded) {
        load_commits_at(reads, subject, stream, sequences, std::move(loaded));
      },
      std::move(done));
}

}  // namespace troupe::nats

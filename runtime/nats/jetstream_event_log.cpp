// Implements appends to the event log in JetStream; loading is in event_loading.cpp.
#include "runtime/nats/jetstream_event_log.hpp"

#include <charconv>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/api.hpp"
#include "runtime/nats/event_loading.hpp"
#include "runtime/nats/unique_name.hpp"
#include "runtime/ports/assert.hpp"

namespace troupe::nats {
namespace {

constexpr std::string_view expected_header = "Nats-Expected-Last-Subject-Sequence";

std::string events_stream_of(const Subject& subject) {
  const auto instance = instance_of(subject);
  TROUPE_ASSERT(instance.has_value(),
                "the event log is asked for something that is no evt subject");
  return stream_name(StreamKind::events, instance->context);
}

/// The number at the end of "wrong last sequence: 7 (10071).", 0 when there is none.
std::uint64_t actual_sequence(std::string_view sentence) {
  constexpr std::string_view before = "wrong last sequence: ";
  const auto at = sentence.find(before);
  std::uint64_t sequence = 0;
  if (at != std::string_view::npos)
    std::from_chars(sentence.data() + at + before.size(), sentence.data() + sentence.size(),
                    sequence);
  return sequence;
}

bool means_conflict(int err_code) {
  return err_code == api_error::wrong_last_sequence
         || err_code == api_error::wrong_last_sequence_unnamed
         || err_code == api_error::duplicate_in_flight
         || err_code == api_error::batch_has_duplicate;
}

}  // namespace

AppendResult read_append_reply(const std::string& stream, const Reply& reply) {
  using Outcome = AppendResult::Outcome;
  const ApiResult answer = read_api_reply("an append to " + stream, reply);
  if (!answer) {
    const auto& failure = answer.error();
    if (means_conflict(failure.err_code))
      return {Outcome::conflict, actual_sequence(failure.what), failure.what};
    return {Outcome::unknown, 0, failure.what};
  }
  const auto sequence = answer->value("seq", std::uint64_t{0});
  const auto found = answer->value("stream", std::string());
  if (found != stream || sequence == 0)
    return {Outcome::unknown, 0,
            fmt::format("An append to {} was acknowledged by stream '{}' at {}: another stream "
                        "captures its subject.",
                        stream, found, sequence)};
  if (answer->value("duplicate", false))
    return {Outcome::unknown, 0, fmt::format("{} took an append for a repeat.", stream)};
  return {Outcome::acknowledged, sequence, {}};
}

JetStreamEventLog::JetStreamEventLog(Connection& appends, Connection& reads)
    : appends_(appends), reads_(reads), batch_prefix_(unique_name()) {}

void JetStreamEventLog::append(const Subject& subject, std::uint64_t expected,
                               std::vector<std::string> commits, Appended done) {
  TROUPE_ASSERT(!commits.empty() && commits.size() <= append_commits_max,
                "an append holds between one commit and append_commits_max");
  auto answered = [stream = events_stream_of(subject), done = std::move(done)](const Reply& reply) {
    done(read_append_reply(stream, reply));
  };
  if (commits.size() == 1)
    appends_.request(subject.str(), {{expected_header, std::to_string(expected)}}, commits.front(),
                     append_timeout, std::move(answered));
  else
    append_batch(subject, expected, commits, std::move(answered));
}

// All but the last message are published blindly: JetStream checks everything when the batch is
// committed, and says there what was wrong. A batch whose end is lost is dropped by the server.
void JetStreamEventLog::append_batch(const Subject& subject, std::uint64_t expected,
                                     const std::vector<std::string>& commits,
                                     Connection::Answered answered) {
  const std::lock_guard lock(batch_mutex_);
  const std::string batch = fmt::format("{}-{}", batch_prefix_, ++last_batch_);
  for (std::size_t i = 0; i < commits.size(); ++i) {
    Headers headers{{"Nats-Batch-Id", batch}, {"Nats-Batch-Sequence", std::to_string(i + 1)}};
    if (i == 0) headers.emplace_back(expected_header, std::to_string(expected));
    const bool last = i + 1 == commits.size();
    if (!last) {
      // One that is not sent makes the batch incomplete, which the last one's answer says.
      (void)appends_.publish(subject.str(), headers, commits[i]);
      continue;
    }
    headers.emplace_back("Nats-Batch-Commit", "1");
    appends_.request(subject.str(), headers, commits[i], append_timeout, std::move(answered));
  }
}

void JetStreamEventLog::load(const Subject& subject, std::uint64_t after, Loaded done) {
  load_commits(reads_, subject, events_stream_of(subject), after, std::move(done));
}

}  // namespace troupe::nats

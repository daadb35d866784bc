// Implements the cursor: a small state machine driven by notes from the connection's threads.
#include "runtime/nats/log/jetstream_event_cursor.hpp"

#include <algorithm>

#include <spdlog/spdlog.h>

#include "runtime/nats/client/unique_name.hpp"
#include "runtime/nats/jetstream/consumer_api.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"

namespace troupe::nats {
namespace {

std::int64_t nanoseconds(std::chrono::nanoseconds time) { return time.count(); }

/// A pull's ordinary ends; every other status means that the consumer is of no use any more.
bool only_ends_pull(int status, std::string_view description) {
  constexpr int nothing_there = 404;
  constexpr int expired = 408;
  constexpr int conflict = 409;
  return status == nothing_there || status == expired
         || (status == conflict
             && (description == "Batch Completed"
                 || description == "Message Size Exceeds MaxBytes"));
}

}  // namespace

JetStreamEventCursor::JetStreamEventCursor(StreamLeaders& leaders, std::string stream,
                                           std::uint64_t after)
    : leaders_(leaders),
      connection_(leaders.connection()),
      stream_(std::move(stream)),
      received_(after) {
  watch_ = connection_.watch([notes = notes_](bool connected) {
    if (!connected) notes->post({0, Lost{"The connection to NATS was lost."}});
  });
}

JetStreamEventCursor::~JetStreamEventCursor() {
  watch_.reset();
  end_session();
}

Result<std::vector<StoredCommit>> JetStreamEventCursor::next(std::size_t max,
                                                             std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (auto note = notes_->take(Clock::time_point())) handle(std::move(*note));
  for (;;) {
    keep_going();
    if (!waiting_.empty()) return take(max);
    if (finished_) return tl::make_unexpected(*finished_);
    if (auto note = notes_->take(std::min(deadline, next_thing_to_do()))) {
      handle(std::move(*note));
      continue;
    }
    if (Clock::now() < deadline) continue;
    if (!trouble_.empty()) return retryable(trouble_);
    return std::vector<StoredCommit>();
  }
}

// ---- deciding what to do ------------------------------------------------------------------------

void JetStreamEventCursor::keep_going() {
  if (finished_) return;
  const auto now = Clock::now();
  if (in_session_ && asked_for_ > 0 && now >= heard_at_ + silence_max)
    lose_session(fmt::format("The consumer of {} fell silent.", stream_));
  if (!in_session_ && now >= restart_at_) begin_session();
  if (consumer_made_ && asked_for_ == 0 && waiting_.size() <= pull_commits_max) pull();
}

JetStreamEventCursor::Clock::time_point JetStreamEventCursor::next_thing_to_do() const {
  if (!in_session_) return restart_at_;
  if (asked_for_ > 0) return heard_at_ + silence_max;
  return Clock::time_point::max();  // an answer of the API comes, or its timeout
}

std::vector<StoredCommit> JetStreamEventCursor::take(std::size_t max) {
  const auto end =
      waiting_.begin() + std::min(std::ssize(waiting_), static_cast<std::ptrdiff_t>(max));
  std::vector<StoredCommit> commits(std::move_iterator(waiting_.begin()), std::move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return commits;
}

// ---- one consumer's life ------------------------------------------------------------------------

void JetStreamEventCursor::begin_session() {
  const auto session = ++sessions_;
  restart_at_ = Clock::now() + restart_wait;
  if (!connection_.connected()) {
    trouble_ = "There is no connection to NATS.";
    return;
  }
  inbox_ = connection_.new_inbox();
  consumer_ = unique_name();
  auto subscribed =
      connection_.subscribe(inbox_, {}, [notes = notes_, session](const Received& message) {
        notes->post(read_message(session, message));
      });
  if (!subscribed) {
    trouble_ = subscribed.error().what;
    return;
  }
  subscribed_ = std::move(*subscribed);
  in_session_ = true;
  leaders_.info(stream_, [notes = notes_, session](const ApiResult& answer) {
    notes->post({session, StreamSeen{read_last_sequence(answer)}});
  });
}

void JetStreamEventCursor::on(const StreamSeen& seen) {
  if (!seen.last) return lose_session(seen.last.error().what);
  if (*seen.last < received_)
    return suspect(fmt::format("Stream {} went back: it was read up to {} and now ends at {}.",
                               stream_, received_, *seen.last));
  const nlohmann::json config = {{"name", consumer_},
                                 {"ack_policy", "none"},
                                 {"deliver_policy", "by_start_sequence"},
                                 {"opt_start_seq", received_ + 1},
                                 {"replay_policy", "instant"},
                                 {"mem_storage", true},
                                 {"num_replicas", 1},
                                 {"inactive_threshold", nanoseconds(inactive_max)}};
  ask_api(connection_, fmt::format("CONSUMER.CREATE.{}.{}", stream_, consumer_),
          {{"stream_name", stream_}, {"action", "create"}, {"config", config}},
          [notes = notes_, session = sessions_](ApiResult answer) {
            Result<void> made;
            if (!answer) made = tl::make_unexpected(Failure(answer.error()));
            notes->post({session, ConsumerMade{std::move(made)}});
          });
}

void JetStreamEventCursor::on(const ConsumerMade& made) {
  if (!made.made) return lose_session(made.made.error().what);
  consumer_made_ = true;
  trouble_.clear();
}

void JetStreamEventCursor::pull() {
  const nlohmann::json wanted = {{"batch", pull_commits_max},
                                 {"max_bytes", pull_bytes_max},
                                 {"expires", nanoseconds(pull_expires)},
                                 {"idle_heartbeat", nanoseconds(heartbeat)}};
  const auto asked =
      connection_.publish(fmt::format("$JS.API.CONSUMER.MSG.NEXT.{}.{}", stream_, consumer_), {},
                          wanted.dump(), inbox_);
  if (!asked) return lose_session(asked.error().what);
  asked_for_ = pull_commits_max;
  heard_at_ = Clock::now();
}

void JetStreamEventCursor::lose_session(std::string why) {
  if (!in_session_) return;
  trouble_ = std::move(why);
  end_session();
}

void JetStreamEventCursor::suspect(std::string what) {
  if (++suspicions_ >= sightings_to_believe) {
    what += " Stop what reads it and restore the stream.";
    spdlog::critical("{}", what);
    finished_ = Failure{what, false};
  }
  lose_session(std::move(what));
}

void JetStreamEventCursor::end_session() {
  subscribed_.reset();
  if (consumer_made_)  // else, or when this is lost, the server forgets it by itself
    ask_api(connection_, fmt::format("CONSUMER.DELETE.{}.{}", stream_, consumer_), {},
            [](const ApiResult&) {});
  in_session_ = consumer_made_ = false;
  asked_for_ = 0;
  restart_at_ = Clock::now() + restart_wait;
}

// ---- what comes in ------------------------------------------------------------------------------

// Runs on a thread of the connection's.
JetStreamEventCursor::Note JetStreamEventCursor::read_message(std::uint64_t session,
                                                              const Received& message) {
  constexpr int idle_heartbeat = 100;
  if (const auto facts = read_ack_subject(message.reply()))
    return {session, StoredCommit{facts->stream_sequence, StoredSubject(message.subject()),
                                  std::string(message.body())}};
  const int status = message.status();
  if (status == idle_heartbeat) return {session, Heard{}};
  const auto description = message.header("Description").value_or("");
  if (only_ends_pull(status, description)) return {session, PullEnded{}};
  return {session, Lost{fmt::format("The consumer is gone: {} {}.", status, description)}};
}

void JetStreamEventCursor::handle(Note note) {
  if (note.session != 0 && (note.session != sessions_ || !in_session_)) return;
  heard_at_ = Clock::now();
  std::visit([this](auto& what) { on(std::move(what)); }, note.what);
}

void JetStreamEventCursor::on(StoredCommit commit) {
  if (commit.sequence != received_ + 1)
    return suspect(fmt::format("Stream {} has a gap: after {} comes {}.", stream_, received_,
                               commit.sequence));
  if (asked_for_ > 0) --asked_for_;
  suspicions_ = 0;
  received_ = commit.sequence;
  waiting_.push_back(std::move(commit));
}

}  // namespace troupe::nats

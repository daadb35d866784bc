// Implements reading back: commit by commit along the fences, or a page where they stand close.
#include "runtime/nats/event_history.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/api.hpp"
#include "runtime/nats/stored_message.hpp"
#include "runtime/nats/wire.hpp"

namespace troupe::nats {
namespace {

/// After so many steps back it is known how close together the commits stand ...
constexpr std::size_t steps_before_page = 16;
/// ... on average; farther apart, a page makes the server search the stream for them.
constexpr std::uint64_t close_together = 8;
constexpr std::size_t steps_max = 64;
/// A page is of so much of the stream. Each page costs the server a count of what lies behind it,
/// so it is not small; and it is held in memory, so it is not large.
constexpr std::uint64_t page_sequences = 16'384;
constexpr std::size_t page_bytes = 8 * 1'024 * 1'024;
/// One request for a page or a part of it.
constexpr std::uint64_t request_commits_max = 8'192;
constexpr std::size_t request_bytes_max = 4 * 1'024 * 1'024;

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// A commit, and the one before it.
struct Found {
  StoredCommit commit;
  std::uint64_t previous = 0;  ///< 0: it is the first
};
using FoundOne = std::function<void(Result<std::optional<Found>>)>;

/// The fence that let a commit in is stored with it. Of several commits of one append only the
/// first has one, and they stand side by side.
Found found(const Subject& subject, std::uint64_t sequence, std::string body,
            std::optional<std::string_view> fence) {
  return {{sequence, subject, std::move(body)}, fence ? number_in(*fence) : sequence - 1};
}

void read_from_leader(StreamLeaders& leaders, const Subject& subject, const std::string& stream,
                      std::uint64_t sequence, FoundOne done) {
  leaders.get(stream, {{"seq", sequence}}, api_timeout,
              [subject, sequence, done = std::move(done)](ApiResult answer) {
                if (!answer && answer.error().err_code == api_error::message_not_found)
                  return done(std::nullopt);
                if (!answer) return done(retryable(answer.error().what));
                auto message = read_stored_message(*answer);
                if (!message || message->subject != subject.str()) return done(std::nullopt);
                done(found(subject, sequence, std::move(message->body),
                           message->header(header::expected_sequence)));
              });
}

/// Nothing when it is not the subject's. A replica that has nothing there may be behind.
void read_one(StreamLeaders& leaders, const Subject& subject, const std::string& stream,
              std::uint64_t sequence, FoundOne done) {
  leaders.connection().request(
      "$JS.API.DIRECT.GET." + stream, {}, nlohmann::json{{"seq", sequence}}.dump(), api_timeout,
      [&leaders, subject, stream, sequence, done = std::move(done)](const Reply& reply) {
        if (reply.status != Reply::Status::answered)
          return done(retryable(fmt::format("A commit of {} could not be read: {}.", subject.str(),
                                            describe(reply.status))));
        const auto& message = reply.message;
        if (number_in(message.last_header("Nats-Sequence").value_or("")) != sequence)
          return read_from_leader(leaders, subject, stream, sequence, done);
        if (message.last_header("Nats-Subject") != subject.str()) return done(std::nullopt);
        done(found(subject, sequence, std::string(message.body()),
                   message.header(header::expected_sequence)));
      });
}

// ---- before one ---------------------------------------------------------------------------------

class ReadingBack : public std::enable_shared_from_this<ReadingBack> {
public:
  ReadingBack(StreamLeaders& leaders, Subject subject, std::string stream, EventLog::Loaded done)
      : leaders_(leaders),
        subject_(std::move(subject)),
        stream_(std::move(stream)),
        done_(std::move(done)) {}

  void start(std::uint64_t before) {
    step(before, [this](Found one) { next_ = one.previous; });
  }

private:
  template <class Take>
  void step(std::uint64_t sequence, Take take);
  void go_on();
  /// Sequences that the steps went back over.
  std::uint64_t walked() const { return newest_first_.front().sequence - next_; }
  bool commits_stand_close() const;

  void read_page();
  void read_page_from(std::uint64_t sequence);
  bool on_reply(const Reply& reply);
  void end_of_request();
  void finish();

  StreamLeaders& leaders_;
  const Subject subject_;
  const std::string stream_;
  const EventLog::Loaded done_;

  // Touched by one step at a time.
  std::vector<StoredCommit> newest_first_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 0;          ///< sequence of the one before those; 0: there is none
  std::vector<StoredCommit> page_;  ///< up to next_, in order
  std::uint64_t asked_from_ = 0;
};

template <class Take>
void ReadingBack::step(std::uint64_t sequence, Take take) {
  read_one(
      leaders_, subject_, stream_, sequence,
      [self = shared_from_this(), sequence, take](Result<std::optional<Found>> one) {
        if (!one) return self->done_(tl::make_unexpected(one.error()));
        if (!*one)
          return self->done_(retryable(fmt::format("{} has no commit of {} at {}.", self->stream_,
                                                   self->subject_.str(), sequence)));
        take(**std::move(one));
        self->go_on();
      });
}

void ReadingBack::go_on() {
  const auto steps = newest_first_.size();
  if (next_ == 0 || steps == steps_max) return finish();
  if (steps == steps_before_page && commits_stand_close()) return read_page();
  step(next_, [this](Found one) {
    next_ = one.previous;
    bytes_ += one.commit.bytes.size();
    newest_first_.push_back(std::move(one.commit));
  });
}

bool ReadingBack::commits_stand_close() const {
  return walked() < newest_first_.size() * close_together;
}

/// So much of the stream before next_ as has about page_bytes of them.
void ReadingBack::read_page() {
  const auto sequences =
      std::clamp<std::uint64_t>(page_bytes * walked() / (bytes_ + 1), 1, page_sequences);
  read_page_from(next_ > sequences ? next_ - sequences : 1);
}

/// Asks for about as many as there are: what comes behind them is sent for nothing.
void ReadingBack::read_page_from(std::uint64_t sequence) {
  asked_from_ = sequence;
  const auto expected = (next_ - sequence) * newest_first_.size() / walked();
  const nlohmann::json wanted{{"next_by_subj", subject_.str()},
                              {"seq", sequence},
                              {"batch", std::min(expected + expected / 8 + 1, request_commits_max)},
                              {"max_bytes", request_bytes_max}};
  leaders_.connection().request_many(
      "$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
      [self = shared_from_this()](const Reply& reply) { return self->on_reply(reply); });
}

bool ReadingBack::on_reply(const Reply& reply) {
  if (reply.status != Reply::Status::answered) {
    done_(retryable(fmt::format("The history of {} could not be read: {}.", subject_.str(),
                                describe(reply.status))));
    return false;
  }
  const auto& message = reply.message;
  const auto sequence = number_in(message.last_header("Nats-Sequence").value_or(""));
  const bool ours = sequence != 0 && sequence >= asked_from_ && sequence <= next_;
  if (!ours) {
    end_of_request();
    return false;
  }
  page_.push_back({sequence, subject_, std::string(message.body())});
  if (sequence < next_) return true;
  finish();
  return false;
}

void ReadingBack::end_of_request() {
  const auto reached = page_.empty() ? 0 : page_.back().sequence;
  if (reached >= asked_from_) return read_page_from(reached + 1);
  page_.clear();  // the replica that answered is behind: what was walked is enough
  finish();
}

void ReadingBack::finish() {
  page_.insert(page_.end(), std::make_move_iterator(newest_first_.rbegin()),
               std::make_move_iterator(newest_first_.rend()));
  done_(std::move(page_));
}

// ---- at given places ----------------------------------------------------------------------------

/// Several reads at a time; the last to end tells.
class ReadingAt {
public:
  ReadingAt(std::size_t open, EventLog::Loaded done) : open_(open), done_(std::move(done)) {}

  void ended(Result<std::optional<Found>> one) {
    {
      const std::lock_guard lock(mutex_);
      if (!one)
        commits_ = tl::make_unexpected(one.error());
      else if (*one && commits_)
        commits_->push_back((*one)->commit);
      if (--open_ > 0) return;
    }
    done_(std::move(commits_));
  }

private:
  std::mutex mutex_;  // guards what follows, until the last read has ended
  std::size_t open_;
  Result<std::vector<StoredCommit>> commits_;
  const EventLog::Loaded done_;
};

}  // namespace

void load_commits_before(StreamLeaders& leaders, const Subject& subject, std::string stream,
                         std::uint64_t before, EventLog::Loaded done) {
  std::make_shared<ReadingBack>(leaders, subject, std::move(stream), std::move(done))
      ->start(before);
}

void load_commits_at(StreamLeaders& leaders, const Subject& subject, std::string stream,
                     const std::vector<std::uint64_t>& sequences, EventLog::Loaded done) {
  if (sequences.empty()) return done(std::vector<StoredCommit>());
  const auto reading = std::make_shared<ReadingAt>(sequences.size(), std::move(done));
  for (const auto sequence : sequences)
    read_one(leaders, subject, stream, sequence,
             [reading](Result<std::optional<Found>> one) { reading->ended(std::move(one)); });
}

}  // namespace troupe::nats

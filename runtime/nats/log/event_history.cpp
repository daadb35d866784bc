// Implements reading back: commit by commit along the fences, or a page where they stand close.
#include "runtime/nats/log/event_history.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/log/fence.hpp"
#include "runtime/nats/wire/wire.hpp"

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

/// A commit, and what message_before() says of it.
struct Found {
  StoredCommit commit;
  std::optional<std::uint64_t> previous;
};
using FoundOne = std::function<void(Result<std::optional<Found>>)>;

void read_from_leader(StreamLeaders& leaders, const Subject& subject, const std::string& stream,
                      std::uint64_t sequence, FoundOne done) {
  leaders.get(stream, {{"seq", sequence}}, api_timeout,
              [subject, sequence, done = std::move(done)](ApiResult answer) {
                if (!answer && answer.error().err_code == api_error::message_not_found)
                  return done(std::nullopt);
                if (!answer) return done(retryable(answer.error().what));
                auto message = read_stored_message(*answer);
                if (!message || message->subject != subject.str()) return done(std::nullopt);
                const auto previous = message_before(*message, sequence);
                done(Found{{sequence, subject, std::move(message->body)}, previous});
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
        if (parse_number(message.last_header("Nats-Sequence").value_or("")) != sequence)
          return read_from_leader(leaders, subject, stream, sequence, done);
        if (message.last_header("Nats-Subject") != subject.str()) return done(std::nullopt);
        done(Found{{sequence, subject, std::string(message.body())},
                   message_before(message, sequence)});
      });
}

// ---- before one ---------------------------------------------------------------------------------

/// Goes from commit to commit as each names the one before it. Where one does not, or names a
/// message that is not the subject's, for somebody else wrote there, the stream before it is
/// searched.
class ReadingBack : public std::enable_shared_from_this<ReadingBack> {
public:
  ReadingBack(StreamLeaders& leaders, Subject subject, std::string stream, std::uint64_t before,
              EventLog::Loaded done)
      : leaders_(leaders),
        subject_(std::move(subject)),
        stream_(std::move(stream)),
        before_(before),
        done_(std::move(done)) {}

  void start() {
    read_one(leaders_, subject_, stream_, before_,
             [self = shared_from_this()](Result<std::optional<Found>> one) {
               if (!one) return self->fail(one.error().what);
               if (!*one) return self->fail("it is not what was read before");
               self->next_ = (*one)->previous;
               self->go_on();
             });
  }

private:
  void go_on();
  void step();
  /// The oldest message of the subject that is known.
  std::uint64_t oldest() const {
    return newest_first_.empty() ? before_ : newest_first_.back().sequence;
  }
  /// Sequences that the steps went back over.
  std::uint64_t walked() const { return newest_first_.front().sequence - *next_; }
  bool commits_stand_close() const;

  std::uint64_t page_size() const;
  void read_page(std::uint64_t from);
  void request(std::uint64_t from);
  bool on_reply(const Reply& reply);
  void end_of_request();
  void end_of_page();
  void finish();
  void fail(const std::string& why) {
    done_(retryable(fmt::format("The history of {} before {} in {} could not be read: {}.",
                                subject_.str(), before_, stream_, why)));
  }

  StreamLeaders& leaders_;
  const Subject subject_;
  const std::string stream_;
  const std::uint64_t before_;
  const EventLog::Loaded done_;

  // Touched by one step at a time.
  std::vector<StoredCommit> newest_first_;
  std::size_t bytes_ = 0;
  std::optional<std::uint64_t> next_;  ///< of the one before those; 0: there is none
  std::vector<StoredCommit> page_;     ///< from page_from_ up to oldest(), in order
  std::uint64_t page_from_ = 0;
  std::uint64_t asked_from_ = 0;
};

void ReadingBack::go_on() {
  const auto steps = newest_first_.size();
  if (next_ == 0 || steps == steps_max) return finish();
  if (!next_ || (steps == steps_before_page && commits_stand_close())) {
    const auto size = page_size();
    return read_page(oldest() > size ? oldest() - size : 1);
  }
  step();
}

void ReadingBack::step() {
  read_one(leaders_, subject_, stream_, *next_,
           [self = shared_from_this()](Result<std::optional<Found>> one) {
             if (!one) return self->fail(one.error().what);
             if (*one) {
               self->next_ = (*one)->previous;
               self->bytes_ += (*one)->commit.bytes.size();
               self->newest_first_.push_back(std::move((*one)->commit));
             } else {
               self->next_.reset();
             }
             self->go_on();
           });
}

bool ReadingBack::commits_stand_close() const {
  return walked() < newest_first_.size() * close_together;
}

/// So much of the stream as has about page_bytes of them, where that is known.
std::uint64_t ReadingBack::page_size() const {
  if (!next_ || newest_first_.empty()) return page_sequences;
  return std::clamp<std::uint64_t>(page_bytes * walked() / (bytes_ + 1), 1, page_sequences);
}

/// Ends with oldest(): whoever sends that has all that lies before it.
void ReadingBack::read_page(std::uint64_t from) {
  page_from_ = from;
  request(from);
}

/// Asks for about as many as there are: what comes behind them is sent for nothing.
void ReadingBack::request(std::uint64_t from) {
  asked_from_ = from;
  auto batch = request_commits_max;
  if (next_ && !newest_first_.empty()) {
    const auto expected = (oldest() - from) * newest_first_.size() / walked();
    batch = std::min(expected + expected / 8 + 2, request_commits_max);
  }
  const nlohmann::json wanted{{"next_by_subj", subject_.str()},
                              {"seq", from},
                              {"batch", batch},
                              {"max_bytes", request_bytes_max}};
  leaders_.connection().request_many(
      "$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
      [self = shared_from_this()](const Reply& reply) { return self->on_reply(reply); });
}

bool ReadingBack::on_reply(const Reply& reply) {
  if (reply.status != Reply::Status::answered) {
    fail(std::string(describe(reply.status)));
    return false;
  }
  const auto& message = reply.message;
  const auto sequence = parse_number(message.last_header("Nats-Sequence").value_or("")).value_or(0);
  if (sequence < std::max<std::uint64_t>(asked_from_, 1) || sequence > oldest()) {
    end_of_request();
    return false;
  }
  if (sequence == oldest()) {
    end_of_page();
    return false;
  }
  page_.push_back({sequence, subject_, std::string(message.body())});
  return true;
}

void ReadingBack::end_of_request() {
  const auto reached = page_.empty() ? 0 : page_.back().sequence;
  if (reached >= asked_from_) return request(reached + 1);
  // The replica that answered is behind: what was walked is enough, if it is anything.
  page_.clear();
  if (newest_first_.empty()) return fail("a replica that is behind was asked");
  finish();
}

/// Nothing there: it lies farther back, or there is none.
void ReadingBack::end_of_page() {
  if (page_.empty() && page_from_ > 1)
    return read_page(page_from_ > page_sequences ? page_from_ - page_sequences : 1);
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
  std::make_shared<ReadingBack>(leaders, subject, std::move(stream), before, std::move(done))
      ->start();
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

// Implements loading: the leader says which commit is the last, from there each names the one
// before it, and the nearest replica sends them.
#include "runtime/nats/log/event_loading.hpp"

#include <iterator>
#include <memory>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/log/fence.hpp"

namespace troupe::nats {
namespace {

/// One page of a history; whatever is longer takes several.
constexpr int page_commits_max = 1'024;
constexpr int page_bytes_max = 4 * 1'024 * 1'024;
/// A page makes the server walk through the stream from one commit to the next, which takes
/// milliseconds during which it stores nothing; getting one by its sequence takes microseconds.
/// Only where an instance's commits stand close to each other is a page the shorter way: after so
/// many steps it is known how close.
constexpr std::size_t steps_before_pages = 64;
constexpr std::uint64_t close_together = 8;  // sequences from one commit to the next, on average

/// What the server says of a message that it gets; nothing where it gets none.
std::optional<std::uint64_t> sequence_of(const Received& message) {
  const auto sequence = message.last_header("Nats-Sequence");
  return sequence ? parse_number(*sequence) : std::nullopt;
}

class Loading : public std::enable_shared_from_this<Loading> {
public:
  Loading(StreamLeaders& leaders, Subject subject, std::string stream, std::uint64_t after,
          EventLog::Loaded done)
      : leaders_(leaders),
        connection_(leaders.connection()),
        subject_(std::move(subject)),
        stream_(std::move(stream)),
        after_(after),
        done_(std::move(done)) {}

  void start() {
    leaders_.get(
        stream_, {{"last_by_subj", subject_.str()}}, api_timeout,
        [self = shared_from_this()](ApiResult answer) { self->on_last(std::move(answer)); });
  }

private:
  std::uint64_t position() const { return commits_.empty() ? after_ : commits_.back().sequence; }

  void on_last(ApiResult answer);

  // Backwards, one by one.
  void add_before(StoredCommit commit, std::optional<std::uint64_t> before);
  bool commits_stand_close() const;
  void read_before();
  void on_before(const Reply& reply);

  // Forwards, in pages.
  void read_on();
  void read_page();
  void read_from_leader();
  /// What a direct get sends; true when more belongs to the same page.
  bool on_reply(const Reply& reply);
  void end_of_page();

  void finish() { done_(std::move(commits_)); }
  void fail(std::string what) { done_(retryable(std::move(what))); }

  StreamLeaders& leaders_;
  Connection& connection_;
  const Subject subject_;
  const std::string stream_;
  const std::uint64_t after_;
  const EventLog::Loaded done_;

  // Touched by one step at a time.
  std::uint64_t last_ = 0;                  ///< sequence of the subject's last commit
  std::vector<StoredCommit> newest_first_;  ///< from the last one back
  std::uint64_t before_ = 0;                ///< sequence of the one before those
  std::vector<StoredCommit> commits_;       ///< oldest first
  std::uint64_t page_began_at_ = 0;
};

void Loading::on_last(ApiResult answer) {
  std::optional<StoredMessage> message;
  if (answer) {
    message = read_stored_message(*answer);
    if (!message)
      return fail("JetStream's last message of " + subject_.str() + " is not readable.");
    last_ = message->sequence;
  } else if (answer.error().err_code != api_error::message_not_found) {
    return fail(answer.error().what);
  }
  if (last_ < after_)
    return done_(permanent(fmt::format(
        "The log went back: {} was seen at sequence {} of {}, and its leader now has {} last. Stop "
        "the nodes and restore the stream.",
        subject_.str(), after_, stream_, last_)));
  if (last_ == after_) return finish();
  const auto before = message_before(*message, last_);
  add_before({last_, subject_, std::move(message->body)}, before);
}

void Loading::add_before(StoredCommit commit, std::optional<std::uint64_t> before) {
  newest_first_.push_back(std::move(commit));
  if (!before) return read_on();
  before_ = *before;
  if (before_ > after_) return commits_stand_close() ? read_on() : read_before();
  commits_.assign(std::make_move_iterator(newest_first_.rbegin()),
                  std::make_move_iterator(newest_first_.rend()));
  finish();
}

bool Loading::commits_stand_close() const {
  const auto steps = newest_first_.size();
  return steps >= steps_before_pages && last_ - before_ < steps * close_together;
}

void Loading::read_before() {
  const nlohmann::json wanted{{"seq", before_}};
  connection_.request("$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
                      [self = shared_from_this()](const Reply& reply) { self->on_before(reply); });
}

void Loading::on_before(const Reply& reply) {
  if (reply.status != Reply::Status::answered)
    return fail(fmt::format("The history of {} could not be read: {}.", subject_.str(),
                            describe(reply.status)));
  const auto& message = reply.message;
  const bool ours =
      message.last_header("Nats-Subject") == subject_.str() && sequence_of(message) == before_;
  if (!ours) return read_on();  // the replica that answered is behind, or somebody else wrote here
  add_before({before_, subject_, std::string(message.body())}, message_before(message, before_));
}

void Loading::read_on() {
  if (position() >= last_) return finish();
  page_began_at_ = position();
  read_page();
}

void Loading::read_page() {
  nlohmann::json wanted{
      {"next_by_subj", subject_.str()}, {"batch", page_commits_max}, {"max_bytes", page_bytes_max}};
  if (position() > 0) wanted["seq"] = position() + 1;
  connection_.request_many(
      "$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
      [self = shared_from_this()](const Reply& reply) { return self->on_reply(reply); });
}

bool Loading::on_reply(const Reply& reply) {
  constexpr int end_of_batch = 204;
  constexpr int not_found = 404;
  if (reply.status != Reply::Status::answered) {
    fail(fmt::format("The history of {} could not be read to its end: {}.", subject_.str(),
                     describe(reply.status)));
    return false;
  }
  const auto sequence = sequence_of(reply.message);
  const int status = sequence ? 0 : reply.message.status();
  if (status == end_of_batch || status == not_found) {
    end_of_page();
    return false;
  }
  if (status != 0 || (sequence && *sequence <= position())) {
    fail(fmt::format("The history of {} could not be read: JetStream says {} {}.", subject_.str(),
                     status, reply.message.header("Description").value_or("")));
    return false;
  }
  if (!sequence) {  // its headers are such that nats.c cannot read them
    read_from_leader();
    return false;
  }
  commits_.push_back({*sequence, subject_, std::string(reply.message.body())});
  return true;
}

void Loading::end_of_page() {
  if (position() > page_began_at_) return read_on();
  read_from_leader();  // the replica that answered is behind
}

void Loading::read_from_leader() {
  leaders_.get(
      stream_, {{"seq", position() + 1}, {"next_by_subj", subject_.str()}}, api_timeout,
      [self = shared_from_this()](ApiResult answer) {
        if (!answer) return self->fail(answer.error().what);
        auto message = read_stored_message(*answer);
        if (!message || message->sequence <= self->position())
          return self->fail("JetStream's next message of " + self->subject_.str()
                            + " is not readable.");
        self->commits_.push_back({message->sequence, self->subject_, std::move(message->body)});
        self->read_on();
      });
}

}  // namespace

void load_commits(StreamLeaders& leaders, const Subject& subject, std::string stream,
                  std::uint64_t after, EventLog::Loaded done) {
  std::make_shared<Loading>(leaders, subject, std::move(stream), after, std::move(done))->start();
}

}  // namespace troupe::nats

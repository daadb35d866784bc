// Implements loading: the leader says which commit is the last, the nearest replica sends the rest.
#include "runtime/nats/event_loading.hpp"

#include <charconv>
#include <memory>
#include <optional>

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/api.hpp"
#include "runtime/nats/stored_message.hpp"

namespace troupe::nats {
namespace {

/// One page of a history; whatever is longer takes several.
constexpr int page_commits_max = 1'024;
constexpr int page_bytes_max = 4 * 1'024 * 1'024;
/// A page that starts inside the stream makes the server read up to half of it first, a single get
/// does not. After this many in a row the gap is long enough to be worth that.
constexpr int single_gets_max = 64;

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class Loading : public std::enable_shared_from_this<Loading> {
public:
  Loading(Connection& connection, Subject subject, std::string stream, std::uint64_t after,
          EventLog::Loaded done)
      : connection_(connection),
        subject_(std::move(subject)),
        stream_(std::move(stream)),
        after_(after),
        done_(std::move(done)) {}

  void start() {
    ask_api(connection_, "STREAM.MSG.GET." + stream_, {{"last_by_subj", subject_.str()}},
            [self = shared_from_this()](ApiResult answer) { self->on_last(std::move(answer)); });
  }

private:
  std::uint64_t position() const { return commits_.empty() ? after_ : commits_.back().sequence; }

  void on_last(ApiResult answer);
  void read_on();
  void read_single();
  void read_page();
  void read_from_leader();
  /// What a direct get sends; true when more belongs to the same page.
  bool on_reply(Reply reply, bool is_page);
  void end_of_step();
  void add(std::uint64_t sequence, std::string bytes) {
    commits_.push_back({sequence, subject_, std::move(bytes)});
  }
  void finish() { done_(std::move(commits_)); }
  void fail(std::string what) { done_(retryable(std::move(what))); }

  Connection& connection_;
  const Subject subject_;
  const std::string stream_;
  const std::uint64_t after_;
  const EventLog::Loaded done_;

  // Touched by one step at a time.
  std::optional<StoredMessage> last_;
  std::uint64_t before_last_ = 0;  ///< sequence of the subject's last but one, when last_ says so
  std::vector<StoredCommit> commits_;
  std::uint64_t step_began_at_ = 0;
  int single_gets_ = 0;
};

void Loading::on_last(ApiResult answer) {
  std::uint64_t last = 0;
  if (answer) {
    last_ = read_stored_message(*answer);
    if (!last_) return fail("JetStream's last message of " + subject_.str() + " is not readable.");
    last = last_->sequence;
  } else if (answer.error().err_code != api_error::message_not_found) {
    return fail(answer.error().what);
  }
  if (last < after_)
    return done_(permanent(fmt::format(
        "The log went back: {} was seen at sequence {} of {}, and its leader now has {} last. Stop "
        "the nodes and restore the stream.",
        subject_.str(), after_, stream_, last)));
  if (last == after_) return finish();

  // The fence that let the last commit in is stored with it and names the commit before it. In a
  // batch only the first has one; a stored 0 is the first commit of all.
  const auto expected = last_->header("Nats-Expected-Last-Subject-Sequence");
  before_last_ = expected ? number_in(*expected) : last;
  read_on();
}

void Loading::read_on() {
  if (position() >= last_->sequence) return finish();
  if (position() == before_last_) {
    add(last_->sequence, std::move(last_->body));
    return finish();
  }
  step_began_at_ = position();
  if (position() == 0 || single_gets_ >= single_gets_max) return read_page();
  ++single_gets_;
  read_single();
}

void Loading::read_single() {
  const nlohmann::json wanted{{"seq", position() + 1}, {"next_by_subj", subject_.str()}};
  connection_.request_many(
      "$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
      [self = shared_from_this()](Reply reply) { return self->on_reply(std::move(reply), false); });
}

void Loading::read_page() {
  nlohmann::json wanted{
      {"next_by_subj", subject_.str()}, {"batch", page_commits_max}, {"max_bytes", page_bytes_max}};
  if (position() > 0) wanted["seq"] = position() + 1;
  connection_.request_many(
      "$JS.API.DIRECT.GET." + stream_, {}, wanted.dump(), api_timeout,
      [self = shared_from_this()](Reply reply) { return self->on_reply(std::move(reply), true); });
}

bool Loading::on_reply(Reply reply, bool is_page) {
  constexpr int end_of_batch = 204;
  constexpr int not_found = 404;
  if (reply.status != Reply::Status::answered) {
    fail(fmt::format("The history of {} could not be read to its end: {}.", subject_.str(),
                     describe(reply.status)));
    return false;
  }
  const int status = reply.message.status();
  if (status == end_of_batch || status == not_found) {
    end_of_step();
    return false;
  }
  const auto sequence = number_in(reply.message.header("Nats-Sequence").value_or(""));
  if (status != 0 || sequence <= position()) {
    fail(fmt::format("The history of {} could not be read: JetStream says {} {}.", subject_.str(),
                     status, reply.message.header("Description").value_or("")));
    return false;
  }
  add(sequence, std::string(reply.message.body()));
  if (!is_page) end_of_step();
  return is_page;
}

void Loading::end_of_step() {
  if (position() > step_began_at_) return read_on();
  read_from_leader();  // the replica that answered is behind
}

void Loading::read_from_leader() {
  ask_api(connection_, "STREAM.MSG.GET." + stream_,
          {{"seq", position() + 1}, {"next_by_subj", subject_.str()}},
          [self = shared_from_this()](ApiResult answer) {
            if (!answer) return self->fail(answer.error().what);
            auto message = read_stored_message(*answer);
            if (!message || message->sequence <= self->position())
              return self->fail("JetStream's next message of " + self->subject_.str()
                                + " is not readable.");
            self->add(message->sequence, std::move(message->body));
            self->read_on();
          });
}

}  // namespace

void load_commits(Connection& connection, const Subject& subject, std::string stream,
                  std::uint64_t after, EventLog::Loaded done) {
  std::make_shared<Loading>(connection, subject, std::move(stream), after, std::move(done))
      ->start();
}

}  // namespace troupe::nats

// Asks for stream infos, one at a time for each stream, and judges who answered.
#include "runtime/nats/jetstream/stream_leaders.hpp"

#include <algorithm>
#include <future>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <google/protobuf/util/time_util.h>
#include <spdlog/fmt/fmt.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/json.hpp"

namespace troupe::nats {

namespace {

using google::protobuf::util::TimeUtil;
using Clock = std::chrono::steady_clock;
using Moment = Clock::time_point;
using Nanoseconds = std::chrono::nanoseconds;

/// What an info says of a stream's leader.
struct Led {
  std::size_t replicas = 1;
  std::string leader;              ///< empty: nobody leads it, as far as the one who answered knows
  std::vector<Nanoseconds> heard;  ///< how long ago each of the others was, the latest first
  bool is_new = false;

  /// How many of the others it needs to lead.
  std::size_t most() const { return replicas / 2; }
  bool heard_all(Nanoseconds within) const {
    return heard.size() + 1 >= replicas && heard.at(replicas - 2) <= within;
  }
  bool heard_most(Nanoseconds within) const {
    return heard.size() >= most() && heard.at(most() - 1) <= within;
  }
};

/// Both times are of one clock, the answering server's. One that says no times is new for ever.
bool leads_for_long(const nlohmann::json& info) {
  google::protobuf::Timestamp now;
  google::protobuf::Timestamp since;
  return TimeUtil::FromString(field<std::string>(info, "ts").value_or(""), &now)
         && TimeUtil::FromString(field<std::string>(info, "cluster.leader_since").value_or(""),
                                 &since)
         && to_time(now) - to_time(since) > StreamLeaders::new_for;
}

/// An answer that lists its leader among the replicas is of somebody else. A replica that was never
/// heard is listed with 0.
Led read_led(const nlohmann::json& info) {
  Led led;
  led.replicas = field<std::size_t>(info, "config.num_replicas").value_or(1);
  if (led.replicas <= 1) return {};
  led.leader = field<std::string>(info, "cluster.leader").value_or("");
  for (const auto& replica : list(info, "cluster.replicas")) {
    if (field<std::string_view>(replica, "name") == led.leader) led.leader.clear();
    if (const auto ago = field<std::int64_t>(replica, "active").value_or(0); ago > 0)
      led.heard.emplace_back(ago);
  }
  std::ranges::sort(led.heard);
  led.is_new = !leads_for_long(info);
  return led;
}

ApiResult failed(std::string what) {
  return tl::make_unexpected(ApiFailure{{std::move(what), true}, 0});
}

}  // namespace

/// Of one stream: who leads it, and who waits to be told.
class StreamLeaders::Stream : public std::enable_shared_from_this<Stream> {
public:
  Stream(Connection& connection, std::string name)
      : connection_(connection), name_(std::move(name)) {}

  struct Get {
    nlohmann::json which;
    std::chrono::milliseconds timeout;
    Newness newness;
  };

  void info(Answered done) { ask({.began = {}, .newness = {}, .done = std::move(done)}); }
  void get(Get get, Answered done);
  bool alone();

private:
  struct Waiting {
    std::optional<Moment> began;  // the read that is to be confirmed
    Newness newness;
    Answered done;
  };
  struct Told {
    Answered done;
    ApiResult with;
  };

  void read(const Get& get, Answered done);
  void confirm(const Get& get, Moment began, ApiResult read, const Answered& done);
  void read_again(const Get& get, const ApiResult& first, const Answered& done);
  bool known();
  void ask(Waiting waiting);
  void ask_now();
  struct Listening;
  void listen(std::vector<Waiting> asked, Moment asked_at, const ApiResult& said);
  bool heard(const std::shared_ptr<Listening>& listening, const ApiResult& info, bool more);
  void end_of(Listening& listening);
  void answered(std::vector<Waiting> asked, Moment asked_at, const ApiResult& said);
  void note(const Led& led);
  /// Nothing: it is worth asking again.
  std::optional<ApiResult> judge(const Waiting& waiting, Moment asked_at, const Led& led,
                                 const ApiResult& info) const;

  Connection& connection_;
  const std::string name_;

  std::mutex mutex_;  // guards what follows
  bool asking_ = false;
  std::vector<Waiting> waiting_;
  bool alone_ = false;  // it has one replica
  std::string leader_;
  Moment led_since_;    // by what was answered
  Moment answered_at_;  // by a leader
};

bool StreamLeaders::Stream::alone() {
  const std::lock_guard lock(mutex_);
  return alone_;
}

/// Whether the next answer can confirm a read that begins now.
bool StreamLeaders::Stream::known() {
  const std::lock_guard lock(mutex_);
  return alone_ || Clock::now() < answered_at_ + begins_within;
}

void StreamLeaders::Stream::ask(Waiting waiting) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(waiting));
    if (std::exchange(asking_, true)) return;
  }
  ask_now();
}

/// Who comes while it is asked waits for the next question: what they read may be younger.
void StreamLeaders::Stream::ask_now() {
  std::vector<Waiting> asked;
  {
    const std::lock_guard lock(mutex_);
    asked = std::exchange(waiting_, {});
  }
  const auto verb = "STREAM.INFO." + name_;
  connection_.request(
      "$JS.API." + verb, {}, {}, patience,
      [self = shared_from_this(), verb, asked = std::move(asked),
       asked_at = Clock::now()](const Reply& reply) mutable {
        const auto said = read_api_reply(verb, reply);
        const bool doubtful =
            said && read_led(*said).is_new && std::ranges::any_of(asked, [](const auto& waiting) {
              return waiting.began.has_value() && waiting.newness == Newness::as_asked;
            });
        if (doubtful) return self->listen(std::move(asked), asked_at, said);
        self->answered(std::move(asked), asked_at, said);
      });
}

/// What is heard while it is listened for a second leader.
struct StreamLeaders::Stream::Listening {
  std::vector<Waiting> asked;
  Moment asked_at;
  ApiResult said;
  std::string leader;

  std::mutex mutex{};  // guards what follows
  std::set<std::string> others{};
  bool heard_leader = false;
  bool over = false;
};

/// Asks everybody once more: a second server that leads as far as it knows would answer, too. The
/// time counts from the leader's answer, so that slow servers are not taken for silent ones.
void StreamLeaders::Stream::listen(std::vector<Waiting> asked, Moment asked_at,
                                   const ApiResult& said) {
  const auto listening =
      std::make_shared<Listening>(std::move(asked), asked_at, said, read_led(*said).leader);
  const auto verb = "STREAM.INFO." + name_;
  connection_.request_many("$JS.API." + verb, {}, {}, patience,
                           [self = shared_from_this(), listening, verb](const Reply& reply) {
                             return self->heard(listening, read_api_reply(verb, reply),
                                                reply.status == Reply::Status::answered);
                           });
}

/// False: nothing more is worth hearing.
bool StreamLeaders::Stream::heard(const std::shared_ptr<Listening>& listening,
                                  const ApiResult& info, bool more) {
  {
    const std::lock_guard lock(listening->mutex);
    if (listening->over) return false;
    const auto who = info ? read_led(*info).leader : std::string();
    const bool first = who == listening->leader && !std::exchange(listening->heard_leader, true);
    if (!who.empty() && who != listening->leader) listening->others.insert(who);
    if (!first && more) return true;
    if (!first && listening->heard_leader) return false;  // the time runs
    listening->over = !more;
  }
  if (more)
    connection_.after(listens_for,
                      [self = shared_from_this(), listening] { self->end_of(*listening); });
  else
    end_of(*listening);
  return more;
}

void StreamLeaders::Stream::end_of(Listening& listening) {
  auto judged = listening.said;
  {
    const std::lock_guard lock(listening.mutex);
    listening.over = true;
    if (!listening.others.empty())
      judged = failed(fmt::format("both {} and {} say that they lead {}", listening.leader,
                                  *listening.others.begin(), name_));
    else if (!listening.heard_leader)
      judged =
          failed(fmt::format("{} did not say again that it leads {}", listening.leader, name_));
  }
  answered(std::move(listening.asked), listening.asked_at, judged);
}

void StreamLeaders::Stream::answered(std::vector<Waiting> asked, Moment asked_at,
                                     const ApiResult& said) {
  const auto unreadable = failed("JetStream's answer about " + name_ + " is unreadable.");
  const bool is_info = said && field<std::size_t>(*said, "config.num_replicas");
  const auto& info = !said || is_info ? said : unreadable;
  std::vector<Told> done;
  bool at_once = false;
  bool later = false;
  {
    const std::lock_guard lock(mutex_);
    const auto led = info ? read_led(*info) : Led{};
    if (info) note(led);
    at_once = !waiting_.empty();
    for (auto& waiting : asked) {
      auto result = info ? judge(waiting, asked_at, led, info) : info;
      if (result)
        done.push_back({std::move(waiting.done), *std::move(result)});
      else
        waiting_.push_back(std::move(waiting));
    }
    later = !at_once && !waiting_.empty();
    asking_ = at_once || later;
  }
  if (at_once) ask_now();
  if (later) connection_.after(ask_again, [self = shared_from_this()] { self->ask_now(); });
  for (auto& one : done) one.done(std::move(one.with));
}

void StreamLeaders::Stream::note(const Led& led) {
  const auto now = Clock::now();
  alone_ = led.replicas == 1;
  if (!alone_ && led.leader.empty()) return;
  if (led.leader != leader_ || now >= answered_at_ + known_for) led_since_ = now;
  leader_ = led.leader;
  answered_at_ = now;
}

std::optional<ApiResult> StreamLeaders::Stream::judge(const Waiting& waiting, Moment asked_at,
                                                      const Led& led, const ApiResult& info) const {
  if (led.replicas == 1) return info;
  if (led.leader.empty()) return failed(name_ + " has no leader");
  if (!led.heard_most(heard_within))
    return failed(fmt::format("{} is led by {}, which has not heard most of its replicas for {} s",
                              name_, led.leader, heard_within.count() / 1'000.0));
  if (!waiting.began) return info;
  if (*waiting.began < led_since_)
    return failed(fmt::format("{} was led by another than {} until now", name_, led.leader));
  if (waiting.newness == Newness::lately || led.heard_all(heard_within)) return info;
  const auto since = asked_at - *waiting.began;
  if (led.heard_most(since)) return info;
  if (since >= heard_within)
    return failed(
        fmt::format("{} has not heard most replicas of {} since it was read", led.leader, name_));
  return std::nullopt;
}

void StreamLeaders::Stream::get(Get get, Answered done) {
  if (known()) return read(get, std::move(done));
  info([self = shared_from_this(), get = std::move(get),
        done = std::move(done)](const ApiResult& info) {
    if (!info) return done(info);
    self->read(get, done);
  });
}

void StreamLeaders::Stream::read(const Get& get, Answered done) {
  const auto verb = "STREAM.MSG.GET." + name_;
  connection_.request(
      "$JS.API." + verb, {}, get.which.dump(), get.timeout,
      [self = shared_from_this(), verb, get, began = Clock::now(), done = std::move(done)](
          const Reply& reply) { self->confirm(get, began, read_api_reply(verb, reply), done); });
}

void StreamLeaders::Stream::confirm(const Get& get, Moment began, ApiResult read,
                                    const Answered& done) {
  const bool says_something = read || read.error().err_code == api_error::message_not_found;
  if (!says_something || alone()) return done(std::move(read));
  ask({.began = began,
       .newness = get.newness,
       .done = [self = shared_from_this(), get, done,
                read = std::move(read)](const ApiResult& info) {
         if (!info) return done(info);
         const bool doubtful = get.newness == Newness::as_asked && read_led(*info).is_new;
         doubtful ? self->read_again(get, read, done) : done(read);
       }});
}

/// The one who answered first may have heard of its successor just before it was listened for.
void StreamLeaders::Stream::read_again(const Get& get, const ApiResult& first,
                                       const Answered& done) {
  const auto verb = "STREAM.MSG.GET." + name_;
  connection_.request(
      "$JS.API." + verb, {}, get.which.dump(), get.timeout,
      [verb, first, done, name = name_](const Reply& reply) {
        const auto second = read_api_reply(verb, reply);
        const bool equal = first ? second && *first == *second
                                 : !second && first.error().err_code == second.error().err_code;
        done(equal ? first : failed("two answers about " + name + " are not the same"));
      });
}

std::shared_ptr<StreamLeaders::Stream> StreamLeaders::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  auto& stream = streams_[name];
  if (!stream) stream = std::make_shared<Stream>(connection_, name);
  return stream;
}

bool StreamLeaders::alone(const std::string& stream) { return find(stream)->alone(); }

void StreamLeaders::info(const std::string& stream, Answered done) {
  find(stream)->info(std::move(done));
}

ApiResult StreamLeaders::info_and_wait(const std::string& stream) {
  const auto answer = std::make_shared<std::promise<ApiResult>>();
  info(stream, [answer](ApiResult info) { answer->set_value(std::move(info)); });
  return answer->get_future().get();
}

void StreamLeaders::get(const std::string& stream, const nlohmann::json& which,
                        std::chrono::milliseconds timeout, Answered done, Newness newness) {
  find(stream)->get({which, timeout, newness}, std::move(done));
}

ApiResult StreamLeaders::get_and_wait(const std::string& stream, const nlohmann::json& which,
                                      std::chrono::milliseconds timeout, Newness newness) {
  const auto answer = std::make_shared<std::promise<ApiResult>>();
  get(
      stream, which, timeout, [answer](ApiResult found) { answer->set_value(std::move(found)); },
      newness);
  return answer->get_future().get();
}

}  // namespace troupe::nats

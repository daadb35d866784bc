// Walks through whole streams, of events only through their headers.
#include "runtime/check/run/jetstream_records.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "runtime/base/json.hpp"
#include "runtime/base/mailbox.hpp"
#include "runtime/nats/client/unique_name.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/consumer_api.hpp"

namespace troupe::check {

namespace {

using nats::field;
using nlohmann::json;

constexpr std::size_t pull_messages_max = 2'000;
/// A stream that says it holds a message must hand it out within this time.
constexpr std::chrono::milliseconds silence_max{5'000};
constexpr std::chrono::milliseconds between_pulls{50};
constexpr std::chrono::nanoseconds consumer_inactive_max = std::chrono::seconds(30);

/// A message of a stream.
struct Walked {
  std::uint64_t sequence = 0;
  nats::Received message;
};
using Handle = std::function<void(const Walked&)>;

/// A consumer of our own, which goes with this.
class Walk {
public:
  Walk(nats::Connection& connection, std::string stream, bool headers_only)
      : connection_(connection),
        stream_(std::move(stream)),
        headers_only_(headers_only),
        consumer_(nats::unique_name()),
        inbox_(connection.new_inbox()) {}
  ~Walk() {
    if (!subscribed_) return;
    nats::ask_api(connection_, "CONSUMER.DELETE." + stream_ + '.' + consumer_, {},
                  [](const nats::ApiResult&) {});
  }
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  /// Hands out every message up to `last`.
  Result<void> run(std::uint64_t last, const Handle& handle) {
    if (last == 0) return {};
    if (auto begun = begin(); !begun) return begun;
    auto heard = std::chrono::steady_clock::now();
    for (std::uint64_t seen = 0; seen < last;) {
      const auto asked =
          connection_.publish("$JS.API.CONSUMER.MSG.NEXT." + stream_ + '.' + consumer_, {},
                              json{{"batch", pull_messages_max}, {"no_wait", true}}.dump(), inbox_);
      if (!asked) return asked;
      if (const auto now = read_batch(handle); now > seen) {
        seen = now;
        heard = std::chrono::steady_clock::now();
        continue;
      }
      if (std::chrono::steady_clock::now() > heard + silence_max)
        return retryable("stream " + stream_ + " ends with " + std::to_string(seen)
                         + " before its last sequence " + std::to_string(last));
      // After a fault servers may answer at once and empty; nobody says until when.
      std::this_thread::sleep_for(between_pulls);
    }
    return {};
  }

private:
  Result<void> begin() {
    auto subscribed = connection_.subscribe(inbox_, {}, [came = came_](nats::Received message) {
      const auto facts = nats::read_ack_subject(message.reply());
      came->post({facts ? facts->stream_sequence : 0, std::move(message)});
    });
    if (!subscribed) return tl::make_unexpected(subscribed.error());
    subscribed_ = *std::move(subscribed);
    const auto made =
        nats::ask_api_and_wait(connection_, "CONSUMER.CREATE." + stream_ + '.' + consumer_,
                               {{"stream_name", stream_},
                                {"action", "create"},
                                {"config",
                                 {{"name", consumer_},
                                  {"ack_policy", "none"},
                                  {"deliver_policy", "all"},
                                  {"replay_policy", "instant"},
                                  {"headers_only", headers_only_},
                                  {"mem_storage", true},
                                  {"num_replicas", 1},
                                  {"inactive_threshold", consumer_inactive_max.count()}}}});
    if (!made) return tl::make_unexpected(Failure(made.error()));
    return {};
  }

  /// Returns the last sequence that came, 0 when nothing did.
  std::uint64_t read_batch(const Handle& handle) {
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < pull_messages_max; ++i) {
      const auto walked = came_->take(std::chrono::steady_clock::now() + silence_max);
      const bool is_end = walked && walked->sequence == 0;
      if (!walked || is_end) break;
      handle(*walked);
      seen = walked->sequence;
    }
    return seen;
  }

  nats::Connection& connection_;
  const std::string stream_;
  const bool headers_only_;
  const std::string consumer_;
  const std::string inbox_;
  std::shared_ptr<nats::Mailbox<Walked>> came_ = std::make_shared<nats::Mailbox<Walked>>();
  std::unique_ptr<nats::Connection::Subscribed> subscribed_;
};

/// Nothing when JetStream's answer has another form.
std::optional<StreamSummary> read_info(const json& info) {
  StreamSummary facts;
  const auto created = field<std::string>(info, "created").value_or("");
  const auto first = field<std::uint64_t>(info, "state.first_seq");
  if (!first || !google::protobuf::util::TimeUtil::FromString(created, &facts.created))
    return std::nullopt;
  facts.first_sequence = *first;
  return facts;
}

void add(StreamSummary& facts, const Walked& walked) {
  const auto& [sequence, message] = walked;
  constexpr std::string_view added_for_headers_only = "Nats-Msg-Size";
  for (const auto& key : message.header_keys()) {
    if (key == added_for_headers_only) continue;
    auto& use = facts.headers[key];
    if (use.messages++ < HeaderUse::told_max) use.sequences.push_back(sequence);
  }
}

}  // namespace

Result<StreamSummary> JetStreamRecords::facts(const Token& context) {
  const auto stream = stream_name(StreamKind::events, context);
  const auto info = nats::ask_api_and_wait(connection_, "STREAM.INFO." + stream, {});
  if (!info) return tl::make_unexpected(Failure(info.error()));
  auto facts = read_info(*info);
  const auto last = field<std::uint64_t>(*info, "state.last_seq");
  if (!facts || !last) return retryable("JetStream's answer about " + stream + " is unreadable");
  const auto walked =
      Walk(connection_, stream, true).run(*last, [&](const Walked& one) { add(*facts, one); });
  if (!walked) return tl::make_unexpected(walked.error());
  return *std::move(facts);
}

Result<std::vector<ControlRecord>> JetStreamRecords::control() {
  const std::string stream = "CTL";
  std::vector<ControlRecord> records;
  const auto info = nats::ask_api_and_wait(connection_, "STREAM.INFO." + stream, {});
  if (!info) {
    if (info.error().err_code == nats::api_error::stream_not_found) return records;
    return tl::make_unexpected(Failure(info.error()));
  }
  const auto last = field<std::uint64_t>(*info, "state.last_seq").value_or(0);
  const auto walked = Walk(connection_, stream, false).run(last, [&](const Walked& one) {
    records.push_back({.sequence = one.sequence,
                       .subject = std::string(one.message.subject()),
                       .bytes = std::string(one.message.body())});
  });
  if (!walked) return tl::make_unexpected(walked.error());
  return records;
}

}  // namespace troupe::check

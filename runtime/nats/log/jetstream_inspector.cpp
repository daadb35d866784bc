// Asks for stream infos and messages, which only leaders answer, and keeps records in CTL.
#include "runtime/nats/log/jetstream_inspector.hpp"

#include <algorithm>
#include <future>

#include <google/protobuf/util/time_util.h>
#include <spdlog/fmt/fmt.h>

#include "runtime/base/json.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/wire/wire.hpp"
#include "runtime/ports/identity.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::nats {
namespace {

using google::protobuf::util::TimeUtil;

/// Longer than any honest answer takes; the look after it is not far.
constexpr std::chrono::milliseconds patience{2'000};

std::string record_subject(const std::string& stream) {
  return std::string("ctl.incarnation.") + stream;
}

tl::unexpected<Failure> unreadable(const std::string& what) {
  return retryable("JetStream's answer about " + what + " is unreadable");
}

/// The answer says when it was given, which was between asking and now if the clocks agree.
std::chrono::milliseconds clock_ahead(const nlohmann::json& answer, Instant asked) {
  google::protobuf::Timestamp answered;
  if (!TimeUtil::FromString(field<std::string>(answer, "ts").value_or(""), &answered)) return {};
  const auto theirs = to_instant(answered);
  const Instant now = std::chrono::system_clock::now();
  const auto ahead = theirs > now     ? theirs - now
                     : theirs < asked ? theirs - asked
                                      : Instant::duration{};
  return std::chrono::duration_cast<std::chrono::milliseconds>(ahead);
}

/// The message a request finds, or nothing: also where the whole stream is lost, as CTL is with all
/// others when a server that never synced loses its power.
Result<std::optional<StoredMessage>> message(StreamLeaders& leaders, const std::string& stream,
                                             const nlohmann::json& which) {
  const auto answer = leaders.get_and_wait(stream, which, patience, StreamLeaders::Newness::lately);
  if (!answer
      && (answer.error().err_code == api_error::message_not_found
          || answer.error().err_code == api_error::stream_not_found))
    return std::nullopt;
  if (!answer) return tl::make_unexpected(Failure(answer.error()));
  auto stored = read_stored_message(*answer);
  if (!stored) return unreadable("a message of " + stream);
  return stored;
}

}  // namespace

JetStreamInspector::JetStreamInspector(StreamLeaders& leaders, std::vector<Connection*> watched,
                                       std::vector<nlohmann::json> wanted)
    : leaders_(leaders), watched_(std::move(watched)), wanted_(std::move(wanted)) {
  for (auto* connection : watched_)
    by_watched_.push_back(std::make_unique<StreamLeaders>(*connection));
}

Result<std::optional<StreamFacts>> JetStreamInspector::facts(const std::string& stream) {
  const Instant asked = std::chrono::system_clock::now();
  const auto answer = leaders_.info_and_wait(stream);
  if (!answer && answer.error().err_code == api_error::stream_not_found) return std::nullopt;
  if (!answer) return tl::make_unexpected(Failure(answer.error()));
  const auto last = field<std::uint64_t>(*answer, "state.last_seq");
  const auto messages = field<std::uint64_t>(*answer, "state.messages");
  const auto* config = find(*answer, "config");
  google::protobuf::Timestamp created;
  if (!last || !messages || *messages > *last || config == nullptr
      || !TimeUtil::FromString(field<std::string>(*answer, "created").value_or(""), &created))
    return unreadable(stream);
  StreamFacts facts{.created = to_instant(created),
                    .last_sequence = *last,
                    .leader = {},
                    .clock_ahead = clock_ahead(*answer, asked),
                    .missing = *last - *messages,
                    .weaker = weaker(stream, *config)};
  if (field<int>(*answer, "config.num_replicas").value_or(1) == 1) return facts;
  facts.leader = field<std::string>(*answer, "cluster.leader").value_or("");
  if (facts.leader.empty()) return retryable(stream + " has no leader");
  return facts;
}

std::string JetStreamInspector::weaker(const std::string& stream,
                                       const nlohmann::json& live) const {
  const auto wanted =
      std::ranges::find_if(wanted_, [&](const auto& one) { return one.at("name") == stream; });
  return wanted == wanted_.end() ? std::string() : weaker_setting(*wanted, live);
}

Result<std::optional<std::string>> JetStreamInspector::hash_at(const std::string& stream,
                                                               std::uint64_t sequence) {
  const auto stored = message(leaders_, stream, {{"seq", sequence}});
  if (!stored) return tl::make_unexpected(stored.error());
  if (!*stored) return std::nullopt;
  return sha256((*stored)->body);
}

Result<std::optional<Incarnation>> JetStreamInspector::accepted(const std::string& stream) {
  const auto stored = message(leaders_, control_stream, {{"last_by_subj", record_subject(stream)}});
  if (!stored) return tl::make_unexpected(stored.error());
  if (!*stored) return std::nullopt;
  v1::Incarnation record;
  if (!record.ParseFromString((*stored)->body))
    return permanent("The record of " + stream + " in stream CTL cannot be read");
  return Incarnation{.created = to_instant(record.created()),
                     .last_sequence = record.last_sequence(),
                     .accepted_at = to_instant(record.accepted_at()),
                     .accepted_by = record.accepted_by(),
                     .missing = record.missing()};
}

Result<void> JetStreamInspector::accept(const std::string& stream, const Incarnation& incarnation,
                                        Record which) {
  v1::Incarnation record;
  record.set_stream(stream);
  *record.mutable_created() = to_timestamp(incarnation.created);
  record.set_last_sequence(incarnation.last_sequence);
  *record.mutable_accepted_at() = to_timestamp(incarnation.accepted_at);
  record.set_accepted_by(incarnation.accepted_by);
  record.set_missing(incarnation.missing);
  Headers headers;
  if (which == Record::first) headers.emplace_back(header::expected_sequence, "0");
  const auto stored =
      read_api_reply("the record of " + stream,
                     leaders_.connection().request_and_wait(record_subject(stream), headers,
                                                            record.SerializeAsString(), patience));
  if (stored) return {};
  const int code = stored.error().err_code;
  if (which == Record::first
      && (code == api_error::wrong_last_sequence || code == api_error::wrong_last_sequence_unnamed))
    return {};
  return tl::make_unexpected(Failure(stored.error()));
}

Result<void> JetStreamInspector::reachable(const std::string& stream) {
  if (!std::ranges::all_of(watched_, [](const auto* one) { return one->connected(); }))
    return retryable("a connection to NATS is away");
  if (leaders_.alone(stream)) return {};
  std::vector<std::future<ApiResult>> answers;
  for (const auto& leaders : by_watched_) {
    auto answer = std::make_shared<std::promise<ApiResult>>();
    answers.push_back(answer->get_future());
    leaders->info(stream, [answer](ApiResult info) { answer->set_value(std::move(info)); });
  }
  Result<void> reached;
  for (auto& answer : answers)
    if (auto info = answer.get(); !info) reached = tl::make_unexpected(Failure(info.error()));
  return reached;
}

std::shared_ptr<void> JetStreamInspector::watch(std::function<void(bool connected)> changed) {
  auto watching = std::make_shared<std::vector<std::shared_ptr<void>>>();
  for (auto* connection : watched_) watching->push_back(connection->watch(changed));
  return watching;
}

}  // namespace troupe::nats

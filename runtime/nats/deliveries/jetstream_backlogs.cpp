#include "runtime/nats/deliveries/jetstream_backlogs.hpp"

#include <algorithm>

#include <google/protobuf/util/time_util.h>
#include <spdlog/fmt/fmt.h>

#include <troupe/timestamp.hpp>
#include "runtime/base/json.hpp"
#include "runtime/base/printable.hpp"
#include "runtime/base/text.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "troupe/v1/records.pb.h"

namespace troupe::nats {

namespace {

using nlohmann::json;

constexpr std::size_t time_length_max = 40;

std::optional<Time> time_at(const json& answer, std::string_view path) {
  google::protobuf::Timestamp time;
  const auto text = field<std::string>(answer, path);
  if (!text || !google::protobuf::util::TimeUtil::FromString(*text, &time)) return std::nullopt;
  return to_time(time);
}

std::optional<ConsumerBacklog> read_consumer(const json& info) {
  const auto undelivered = field<std::uint64_t>(info, "num_pending");
  const auto delivered = field<std::uint64_t>(info, "num_ack_pending");
  const auto floor = field<std::uint64_t>(info, "ack_floor.stream_seq");
  if (!undelivered || !delivered || !floor) return std::nullopt;
  ConsumerBacklog backlog{
      .pending = {.count = *undelivered + *delivered},
      .delivered = *delivered,
      .delivered_max = field<std::uint64_t>(info, "config.max_ack_pending").value_or(0),
      .done_up_to = *floor,
      .attended = field<std::uint64_t>(info, "num_waiting").value_or(0) > 0};
  if (field<bool>(info, "paused").value_or(false))
    backlog.paused_until =
        printable(field<std::string_view>(info, "config.pause_until").value_or("further notice"),
                  time_length_max);
  for (const auto& group : list(info, "priority_groups"))
    backlog.attended |= !field<std::string_view>(group, "pinned_client_id").value_or("").empty();
  return backlog;
}

tl::unexpected<Failure> unreadable(const std::string& what) {
  return retryable(fmt::format("JetStream's answer about {} is unreadable.", what));
}

}  // namespace

std::string refuses(const json& info) {
  if (field<bool>(info, "config.sealed").value_or(false))
    return "it is sealed: restore it into a stream that is not";
  if (field<std::string_view>(info, "config.discard") != "new") return {};
  for (const auto& [most, is] :
       {std::pair{"max_bytes", "bytes"}, std::pair{"max_msgs", "messages"}}) {
    const auto bound = field<std::int64_t>(info, fmt::format("config.{}", most)).value_or(-1);
    const auto held = field<std::int64_t>(info, fmt::format("state.{}", is)).value_or(0);
    if (bound > 0
        && static_cast<double>(held) >= JetStreamBacklogs::full_from * static_cast<double>(bound))
      return fmt::format("it holds {} of at most {} {}: raise its {} with `nats stream edit`", held,
                         bound, is, most);
  }
  return {};
}

Result<std::optional<ConsumerBacklog>> JetStreamBacklogs::reactions(const Token& source,
                                                                    const Token& consumer) {
  return this->consumer(stream_name(StreamKind::events, source), consumer.str(), ">");
}

Result<std::optional<ConsumerBacklog>> JetStreamBacklogs::timers(const Token& context) {
  return consumer(stream_name(StreamKind::timers, context), "timers",
                  fmt::format("tmr.{}.fired.>", context.str()));
}

Result<std::optional<ConsumerBacklog>> JetStreamBacklogs::consumer(const std::string& stream,
                                                                   const std::string& durable,
                                                                   const std::string& filter) {
  const auto info =
      ask_api_and_wait(connection_, fmt::format("CONSUMER.INFO.{}.{}", stream, durable), nullptr);
  if (!info && info.error().err_code == api_error::consumer_not_found) return std::nullopt;
  if (!info) return tl::make_unexpected(Failure(info.error()));
  auto backlog = read_consumer(*info);
  if (!backlog) return unreadable(durable);
  if (backlog->pending.count > 0)
    backlog->pending.oldest = stored_at(stream, backlog->done_up_to + 1, filter);
  return backlog;
}

/// Of the first message from there on. Nothing also when nobody answers: the rest is worth knowing.
std::optional<Time> JetStreamBacklogs::stored_at(const std::string& stream, std::uint64_t from,
                                                 const std::string& filter) {
  const auto answer = ask_api_and_wait(connection_, "STREAM.MSG.GET." + stream,
                                       {{"seq", from}, {"next_by_subj", filter}});
  return answer ? time_at(*answer, "message.time") : std::nullopt;
}

Result<Pending> JetStreamBacklogs::open_effects(const Token& context, const Token& aggregate,
                                                const Token& effect) {
  const auto stream = stream_name(StreamKind::timers, context);
  const auto filter = fmt::format("tmr.{}.armed.{}.>", context.str(), aggregate.str());
  const auto info =
      ask_api_and_wait(connection_, "STREAM.INFO." + stream, {{"subjects_filter", filter}});
  if (!info) return tl::make_unexpected(Failure(info.error()));
  Pending open;
  const auto* subjects = find(*info, "state.subjects");
  if (subjects == nullptr || !subjects->is_object()) return open;
  for (const auto& [subject, count] : subjects->items()) {
    const auto name = std::string_view(subject).substr(subject.rfind('.') + 1);
    if (!is_effect_timer(name, effect.str()) || !is_clean(subject)) continue;
    if (++open.count > effects_read_max) continue;
    const auto asked = asked_at(stream, subject);
    if (asked) open.oldest = open.oldest ? std::min(*open.oldest, *asked) : *asked;
  }
  return open;
}

/// When the event happened that asked for the call: each attempt arms the timer anew.
std::optional<Time> JetStreamBacklogs::asked_at(const std::string& stream,
                                                const std::string& armed) {
  const auto answer =
      ask_api_and_wait(connection_, "STREAM.MSG.GET." + stream, {{"last_by_subj", armed}});
  const auto stored = answer ? read_stored_message(*answer) : std::nullopt;
  v1::TimerRecord record;
  if (!stored || !record.ParseFromString(stored->body) || !record.has_effect()) return std::nullopt;
  return to_time(record.effect().time());
}

Result<StreamBacklog> JetStreamBacklogs::stream(StreamKind kind, const Token& context) {
  const auto name = stream_name(kind, context);
  const auto info = ask_api_and_wait(connection_, "STREAM.INFO." + name, nullptr);
  if (!info) return tl::make_unexpected(Failure(info.error()));
  const auto messages = field<std::uint64_t>(*info, "state.messages");
  if (!messages) return unreadable(name);
  StreamBacklog backlog{.messages = {.count = *messages}, .refuses = refuses(*info)};
  if (*messages > 0) backlog.messages.oldest = time_at(*info, "state.first_ts");
  return backlog;
}

}  // namespace troupe::nats

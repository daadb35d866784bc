// Asks JetStream's management API for consumers, timers, parked events and replicas.
#include "runtime/check/run/jetstream_backlog.hpp"

#include <string>

#include "runtime/base/json.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/consumers_ahead.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::check {

namespace {

using nats::field;

tl::unexpected<Failure> unreadable(const std::string& what) {
  return retryable("JetStream's answer about " + what + " is unreadable");
}

Result<void> add_consumers(nats::Connection& connection, const std::string& stream,
                           std::vector<ConsumerSummary>& consumers) {
  const auto listed = nats::list_consumers(connection, stream);
  if (!listed) return tl::make_unexpected(listed.error());
  for (const auto& consumer : *listed) {
    if (nats::find(consumer, "config.durable_name") == nullptr) continue;
    const auto name = field<std::string>(consumer, "name");
    const auto pending = field<std::uint64_t>(consumer, "num_pending");
    const auto ack_pending = field<std::uint64_t>(consumer, "num_ack_pending");
    if (!name || !pending || !ack_pending) return unreadable("consumers of " + stream);
    consumers.push_back(
        {.name = stream + "/" + *name, .pending = *pending, .ack_pending = *ack_pending});
  }
  return {};
}

Result<void> add_timers(nats::Connection& connection, const std::string& stream,
                        std::vector<std::string>& timers) {
  const auto info =
      nats::ask_api_and_wait(connection, "STREAM.INFO." + stream, {{"subjects_filter", ">"}});
  if (!info) return tl::make_unexpected(Failure(info.error()));
  if (nats::find(*info, "state") == nullptr) return unreadable(stream);
  const auto* subjects = nats::find(*info, "state.subjects");
  if (subjects == nullptr) return {};
  if (!subjects->is_object()) return unreadable(stream);
  for (const auto& [subject, messages] : subjects->items()) timers.push_back(subject);
  return {};
}

/// A copy that was cut off gets there by itself, which takes nats-server up to a minute.
Result<void> add_replicas(nats::Connection& connection, const std::string& stream,
                          std::vector<ReplicaState>& replicas) {
  const auto info = nats::ask_api_and_wait(connection, "STREAM.INFO." + stream, {});
  if (!info) return tl::make_unexpected(Failure(info.error()));
  for (const auto& replica : nats::list(*info, "cluster.replicas")) {
    const auto name = field<std::string>(replica, "name");
    const auto current = field<bool>(replica, "current");
    if (!name || !current) return unreadable("the replicas of " + stream);
    replicas.push_back({.name = *name,
                        .current = *current,
                        .lag = field<std::uint64_t>(replica, "lag").value_or(0)});
  }
  return {};
}

Result<void> add_parked(nats::Connection& connection, const Token& context,
                        std::vector<ParkedRecord>& parked) {
  const auto verb = "STREAM.MSG.GET." + stream_name(StreamKind::parked, context);
  const auto subjects = "dlq." + context.str() + ".>";
  for (std::uint64_t next = 1; parked.size() < JetStreamBacklog::parked_named_max;) {
    const auto answer =
        nats::ask_api_and_wait(connection, verb, {{"seq", next}, {"next_by_subj", subjects}});
    if (!answer && answer.error().err_code == nats::api_error::message_not_found) break;
    if (!answer) return tl::make_unexpected(Failure(answer.error()));
    const auto stored = nats::read_stored_message(*answer);
    if (!stored || stored->sequence < next) return unreadable("a parked event");
    parked.push_back(parked_record(stored->body));
    next = stored->sequence + 1;
  }
  return {};
}

}  // namespace

Result<Backlog> JetStreamBacklog::backlog(const Token& context) {
  const auto events = stream_name(StreamKind::events, context);
  const auto timers = stream_name(StreamKind::timers, context);

  Backlog backlog;
  for (const auto& stream : {events, timers})
    if (auto added = add_consumers(connection_, stream, backlog.consumers); !added)
      return tl::make_unexpected(added.error());
  if (auto added = add_timers(connection_, timers, backlog.timers); !added)
    return tl::make_unexpected(added.error());
  if (auto added = add_parked(connection_, context, backlog.parked); !added)
    return tl::make_unexpected(added.error());
  if (auto added = add_replicas(connection_, events, backlog.replicas); !added)
    return tl::make_unexpected(added.error());
  return backlog;
}

}  // namespace troupe::check

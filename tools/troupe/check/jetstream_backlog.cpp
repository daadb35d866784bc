// Asks JetStream's management API for consumers, timers and parked events.
#include "tools/troupe/check/jetstream_backlog.hpp"

#include <string>

#include "runtime/nats/api.hpp"
#include "runtime/nats/stored_message.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::tool {

namespace {

using nlohmann::json;

/// Throws when JetStream's answer has another form; backlog() is the edge.
Result<void> add_consumers(nats::Connection& connection, const std::string& stream,
                           std::vector<ConsumerState>& consumers) {
  for (std::size_t offset = 0, total = 1; offset < total;) {
    const auto page =
        nats::ask_api_and_wait(connection, "CONSUMER.LIST." + stream, {{"offset", offset}});
    if (!page) return tl::make_unexpected(Failure(page.error()));
    const auto& listed = page->at("consumers");
    if (!listed.is_array() || listed.empty()) break;
    for (const auto& consumer : listed)
      if (consumer.at("config").contains("durable_name"))
        consumers.push_back({.name = stream + "/" + consumer.at("name").get<std::string>(),
                             .pending = consumer.at("num_pending"),
                             .ack_pending = consumer.at("num_ack_pending")});
    offset += listed.size();
    total = page->at("total");
  }
  return {};
}

Result<json> stream_state(nats::Connection& connection, const std::string& stream,
                          const json& request) {
  const auto info = nats::ask_api_and_wait(connection, "STREAM.INFO." + stream, request);
  if (!info) return tl::make_unexpected(Failure(info.error()));
  return info->at("state");
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
    if (!stored) return retryable("JetStream's answer about a parked event is unreadable");
    parked.push_back(parked_record(stored->body));
    next = stored->sequence + 1;
  }
  return {};
}

Result<Backlog> ask(nats::Connection& connection, const Token& context) {
  const auto events = stream_name(StreamKind::events, context);
  const auto timers = stream_name(StreamKind::timers, context);

  Backlog backlog;
  for (const auto& stream : {events, timers})
    if (auto added = add_consumers(connection, stream, backlog.consumers); !added)
      return tl::make_unexpected(added.error());
  const auto armed = stream_state(connection, timers, {{"subjects_filter", ">"}});
  if (!armed) return tl::make_unexpected(armed.error());
  if (armed->contains("subjects"))
    for (const auto& [subject, messages] : armed->at("subjects").items())
      backlog.timers.push_back(subject);
  if (auto added = add_parked(connection, context, backlog.parked); !added)
    return tl::make_unexpected(added.error());
  return backlog;
}

}  // namespace

Result<Backlog> JetStreamBacklog::backlog(const Token& context) {
  try {
    return ask(connection_, context);
  } catch (const json::exception& unreadable) {
    return retryable("JetStream's answer about " + context.str()
                     + " is unreadable: " + unreadable.what());
  }
}

}  // namespace troupe::tool

// Parks by publishing, lists subjects and reads records at the leader, removes by deleting.
#include "runtime/nats/deliveries/jetstream_parked_events.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/base/json.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/stored_message.hpp"

namespace troupe::nats {

void JetStreamParkedEvents::park(const Token& context, const Token& consumer,
                                 const StoredSubject& source, std::string record,
                                 std::function<void(Result<void>)> done) {
  leaders_.connection().request(parked_subject(context, consumer, source).str(), {}, record,
                                api_timeout, [done = std::move(done)](const Reply& reply) {
                                  const auto stored = read_api_reply("parking an event", reply);
                                  if (stored) return done({});
                                  done(tl::make_unexpected(Failure(stored.error())));
                                });
}

Result<std::vector<std::string>> JetStreamParkedEvents::sources(const Token& context,
                                                                const Token& consumer) {
  const auto stream = stream_name(StreamKind::parked, context);
  auto all = list(stream, fmt::format("dlq.{}.{}.", context.str(), consumer.str()));
  if (!all) return all;
  // An answer to a read counts only when it is of a leader: then the list was one's, too.
  const auto led = leaders_.get_and_wait(stream, {{"seq", 1}}, api_timeout);
  if (!led && led.error().err_code != api_error::message_not_found)
    return tl::make_unexpected(Failure(led.error()));
  return all;
}

/// JetStream names 100,000 subjects at a time, in their order.
Result<std::vector<std::string>> JetStreamParkedEvents::list(const std::string& stream,
                                                             const std::string& prefix) {
  std::vector<std::string> all;
  while (all.size() <= sources_max) {
    const auto page = ask_api_and_wait(leaders_.connection(), "STREAM.INFO." + stream,
                                       {{"subjects_filter", prefix + ">"}, {"offset", all.size()}});
    if (!page) return tl::make_unexpected(Failure(page.error()));
    const auto* subjects = find(*page, "state.subjects");
    if (subjects == nullptr || !subjects->is_object() || subjects->empty()) return all;
    for (const auto& [subject, count] : subjects->items()) {
      if (!subject.starts_with(prefix) || !Subject::parse(subject))
        return retryable("JetStream's answer about parked events is unreadable.");
      all.push_back(subject.substr(prefix.size()));
    }
    if (all.size() >= field<std::size_t>(*page, "total").value_or(0)) return all;
  }
  return permanent(fmt::format(
      "Events of more than {} instances are parked under {}>; look at the first one's cause and "
      "remove what cannot be handled.",
      sources_max, prefix));
}

void JetStreamParkedEvents::next(const Token& context, const Token& consumer,
                                 const std::string& source, std::uint64_t after, Found found) {
  const auto subject = fmt::format("dlq.{}.{}.{}", context.str(), consumer.str(), source);
  leaders_.get(
      stream_name(StreamKind::parked, context), {{"seq", after + 1}, {"next_by_subj", subject}},
      api_timeout, [after, found = std::move(found)](const ApiResult& answer) {
        if (!answer && answer.error().err_code == api_error::message_not_found)
          return found(std::nullopt);
        if (!answer) return found(tl::make_unexpected(Failure(answer.error())));
        auto stored = read_stored_message(*answer);
        if (!stored || stored->sequence <= after)
          return found(retryable("JetStream's answer about a parked event is unreadable."));
        found(Parked{stored->sequence, std::move(stored->body)});
      });
}

Result<void> JetStreamParkedEvents::remove(const Token& context, std::uint64_t sequence) {
  const std::string stream = stream_name(StreamKind::parked, context);
  const auto removed = ask_api_and_wait(leaders_.connection(), "STREAM.MSG.DELETE." + stream,
                                        {{"seq", sequence}, {"no_erase", true}});
  if (removed) return {};
  // JetStream has no error of its own for a message that is gone already, which is as good.
  const auto left = leaders_.get_and_wait(stream, {{"seq", sequence}}, api_timeout);
  if (!left && left.error().err_code == api_error::message_not_found) return {};
  return tl::make_unexpected(Failure(removed.error()));
}

}  // namespace troupe::nats

// Parks by publishing, lists by walking the stream at its leader, removes by deleting.
#include "runtime/nats/jetstream_parked_events.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/api.hpp"
#include "runtime/nats/stored_message.hpp"

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

Result<std::vector<Parked>> JetStreamParkedEvents::list(const Token& context,
                                                        const Token& consumer) {
  const std::string stream = stream_name(StreamKind::parked, context);
  const std::string subjects = fmt::format("dlq.{}.{}.>", context.str(), consumer.str());
  std::vector<Parked> all;
  std::uint64_t next = 1;
  while (all.size() <= listed_max) {
    const auto answer =
        leaders_.get_and_wait(stream, {{"seq", next}, {"next_by_subj", subjects}}, api_timeout);
    if (!answer) {
      if (answer.error().err_code == api_error::message_not_found) return all;
      return tl::make_unexpected(Failure(answer.error()));
    }
    auto stored = read_stored_message(*answer);
    if (!stored || stored->sequence < next)
      return retryable("JetStream's answer about a parked event is unreadable.");
    next = stored->sequence + 1;
    all.push_back({stored->sequence, std::move(stored->body)});
  }
  return permanent(fmt::format(
      "More than {} events are parked under {}; look at the first one's cause and remove what "
      "cannot be handled.",
      listed_max, subjects));
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

// Makes calls by NATS request.
#include "runtime/nats/requests/request_effects.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/nats/requests/command_client.hpp"
#include "runtime/nats/wire/wire.hpp"

namespace troupe::nats {

namespace {

constexpr const char* idempotency_key = "Idempotency-Key";

Result<MessagePtr> read_answer(const EffectCall& call, const Reply& reply) {
  const ClientReply read = read_client_reply(reply);
  if (read.kind == ClientReply::Kind::accepted) {
    auto answer = read_body(*call.answer, read.form, read.body);
    if (answer) return answer;
    // The call may have been performed: only asking again with the same key can tell.
    return retryable(
        fmt::format("The effect {} was answered unreadably: {}", call.effect, answer.error().what));
  }
  auto what = fmt::format("The effect {} failed: {} ({})", call.effect, text_of(read), read.code);
  const bool useless = read.code < code::failed && read.code != code::overloaded;
  return useless ? permanent(std::move(what)) : retryable(std::move(what));
}

}  // namespace

void RequestEffects::call(EffectCall call, Done done) {
  if (!in_flight_->enter())
    return done(not_made(fmt::format("The effect {} waits: {} calls are in flight.", call.effect,
                                     in_flight_->max())));
  const Headers headers = {{idempotency_key, call.key},
                           {header::content_type, protobuf_content_type},
                           {header::traceparent, call.traceparent}};
  const auto timeout = call.timeout;
  const std::string body = call.request->SerializeAsString();
  connection_.request(
      subject_.str(), headers, body, timeout,
      [in_flight = in_flight_, call = std::move(call), done = std::move(done)](const Reply& reply) {
        in_flight->leave();
        done(read_answer(call, reply));
      });
}

}  // namespace troupe::nats

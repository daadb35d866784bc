// Writes consumer requests and reads their answers.
#include "runtime/nats/jetstream/consumer_api.hpp"

#include <spdlog/fmt/fmt.h>

#include "runtime/base/json.hpp"
#include "runtime/base/text.hpp"

namespace troupe::nats {

namespace {

constexpr const char* priority_group = "active";

}  // namespace

std::string consumer_verb(std::string_view verb, const ConsumerSettings& consumer) {
  return fmt::format("CONSUMER.{}.{}.{}", verb, consumer.stream, consumer.durable);
}

nlohmann::json create_request(const ConsumerSettings& consumer) {
  nlohmann::json config = {
      {"name", consumer.durable},
      {"durable_name", consumer.durable},
      {"deliver_policy", "all"},
      {"replay_policy", "instant"},
      {"ack_policy", "explicit"},
      {"ack_wait", consumer.ack_wait.count()},
      {"max_deliver", -1},
      {"max_ack_pending", consumer.in_flight_max},
      {"priority_policy", "pinned_client"},
      {"priority_groups", nlohmann::json::array({priority_group})},
      {"priority_timeout", consumer.pin_timeout.count()},
  };
  if (!consumer.filter.empty()) config["filter_subject"] = consumer.filter;
  return {{"stream_name", consumer.stream}, {"action", ""}, {"config", config}};
}

nlohmann::json pull_request(std::size_t batch, std::chrono::nanoseconds expires,
                            const std::string& pin) {
  nlohmann::json pull = {{"batch", batch}, {"expires", expires.count()}, {"group", priority_group}};
  if (!pin.empty()) pull["id"] = pin;
  return pull;
}

Result<ConsumerState> read_consumer_state(const ApiResult& answer) {
  if (!answer) return tl::make_unexpected(Failure(answer.error()));
  const auto floor = field<std::uint64_t>(*answer, "ack_floor.consumer_seq");
  const auto unacknowledged = field<std::uint64_t>(*answer, "num_ack_pending");
  if (!floor || !unacknowledged)
    return retryable("JetStream's answer about a consumer is unreadable.");
  ConsumerState state{.floor = *floor, .unacknowledged = *unacknowledged};
  if (const auto most = field<std::size_t>(*answer, "config.max_batch"); most && *most > 0)
    state.batch_max = *most;
  if (const auto most = field<std::int64_t>(*answer, "config.max_expires"); most && *most > 0)
    state.expires_max = std::chrono::nanoseconds(*most);
  for (const auto& group : list(*answer, "priority_groups"))
    if (const auto pin = field<std::string_view>(group, "pinned_client_id")) state.pin = *pin;
  return state;
}

std::optional<DeliveryFacts> read_ack_subject(std::string_view ack_subject) {
  // $JS.ACK.<stream>.<consumer>.<times>.<stream seq>.<consumer seq>.<time>.<pending>, and in the
  // second version <domain>.<account> before the stream and perhaps more tokens at the end.
  constexpr std::size_t tokens_of_first_version = 9;
  const auto tokens = split_tokens(ack_subject);
  if (tokens.size() < tokens_of_first_version || tokens[0] != "$JS" || tokens[1] != "ACK"
      || !is_clean(ack_subject))
    return std::nullopt;
  const std::size_t times = tokens.size() == tokens_of_first_version ? 4 : 6;
  if (tokens.size() <= times + 2) return std::nullopt;
  const auto in_stream = parse_number(tokens[times + 1]);
  const auto in_consumer = parse_number(tokens[times + 2]);
  if (!in_stream || !in_consumer) return std::nullopt;
  return DeliveryFacts{.stream = tokens[times - 2],
                       .consumer = tokens[times - 1],
                       .stream_sequence = *in_stream,
                       .consumer_sequence = *in_consumer};
}

}  // namespace troupe::nats

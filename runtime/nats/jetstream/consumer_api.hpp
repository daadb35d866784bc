// The part of JetStream's consumer API that a durable pull consumer needs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "runtime/nats/jetstream/api.hpp"

namespace troupe::nats {

/// A durable with explicit acknowledgements and one active ("pinned") puller at a time.
struct ConsumerSettings {
  std::string stream;
  std::string durable;
  std::string filter;  ///< empty: every subject of the stream
  std::size_t in_flight_max = 1;
  std::chrono::nanoseconds ack_wait{};
  std::chrono::nanoseconds pin_timeout{};  ///< without a pull of the pinned client
  /// What is acknowledged leaves the stream, so that all that is there is to be delivered. A server
  /// whose disk is full may count a message as acknowledged and keep it.
  bool work_queue = false;
};

/// The verb with its stream and consumer, such as "CONSUMER.RESET.EVT_BILLING.dunning".
std::string consumer_verb(std::string_view verb, const ConsumerSettings& consumer);

/// Creates the consumer or updates it to these settings.
nlohmann::json create_request(const ConsumerSettings& consumer);

/// `pin` empty: asks to become the active puller.
nlohmann::json pull_request(std::size_t batch, std::chrono::nanoseconds expires,
                            const std::string& pin);

/// What the answers to create, info and reset say.
struct ConsumerState {
  /// Consumer sequence of the ack floor. After a reset deliveries go on behind it; "delivered" of
  /// the same answer is not to be relied on, it may count one that the server takes back.
  std::uint64_t floor = 0;
  std::uint64_t unacknowledged = 0;
  std::string pin{};  ///< of the active puller; empty: nobody is
  /// What one pull may ask for: limits of the server's, of the account or of an operator.
  std::size_t batch_max = SIZE_MAX;
  std::chrono::nanoseconds expires_max = std::chrono::nanoseconds::max();
};
Result<ConsumerState> read_consumer_state(const ApiResult& answer);

/// What the reply subject of a delivered message says. Views are into that subject.
struct DeliveryFacts {
  std::string_view stream;
  std::string_view consumer;
  std::uint64_t stream_sequence = 0;
  std::uint64_t consumer_sequence = 0;  ///< grows by one with every delivery, also a repeated one
};
/// Nothing when it is no subject of JetStream's for acknowledgements, to be answered by nobody
/// else.
std::optional<DeliveryFacts> read_ack_subject(std::string_view ack_subject);

}  // namespace troupe::nats

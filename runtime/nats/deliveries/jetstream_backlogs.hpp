// What JetStream's leaders say about consumers and streams.
#pragma once

#include <string>
#include <vector>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/ports/backlogs.hpp"

namespace troupe::nats {

/// REQUIRES: `connection` outlives it.
class JetStreamBacklogs final : public Backlogs {
public:
  /// Of more open calls these are looked at for the oldest: each is a request of its own.
  static constexpr std::size_t effects_read_max = 16;
  /// A stream that is fuller than this is said to refuse.
  static constexpr double full_from = 0.95;

  explicit JetStreamBacklogs(Connection& connection) : connection_(connection) {}

  Result<std::optional<ConsumerBacklog>> reactions(const Token& source,
                                                   const Token& consumer) override;
  Result<std::optional<ConsumerBacklog>> timers(const Token& context) override;
  /// Counts among the first 100,000 timers that are armed for the aggregate.
  Result<Pending> open_effects(const Token& context, const Token& aggregate,
                               const Token& effect) override;
  Result<StreamBacklog> stream(StreamKind kind, const Token& context) override;

private:
  Result<std::optional<ConsumerBacklog>> consumer(const std::string& stream,
                                                  const std::string& durable,
                                                  const std::string& filter);
  std::optional<Time> stored_at(const std::string& stream, std::uint64_t from,
                                const std::string& filter);
  std::optional<Time> asked_at(const std::string& stream, const std::string& armed);

  Connection& connection_;
};

/// Why a stream with this info takes nothing more, or soon will not; empty when it does.
std::string refuses(const nlohmann::json& info);

}  // namespace troupe::nats

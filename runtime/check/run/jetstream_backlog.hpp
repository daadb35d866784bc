// What contexts have still to do, as JetStream says.
#pragma once

#include "runtime/check/run/collect.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::check {

/// Of the consumers of a context's event and timer streams the durable ones count: others belong to
/// readers that leave no trace. Blocks.
class JetStreamBacklog final : public BacklogSource {
public:
  explicit JetStreamBacklog(nats::Connection& connection) : connection_(connection) {}

  /// JetStream hands out as many subjects at once; of more timers only these are named.
  static constexpr std::size_t timers_named_max = 100'000;
  /// Each is a request of its own; of more parked events only these are named.
  static constexpr std::size_t parked_named_max = 1'000;

  Result<Backlog> backlog(const Token& context) override;

private:
  nats::Connection& connection_;
};

}  // namespace troupe::check

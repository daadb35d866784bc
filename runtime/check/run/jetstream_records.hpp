// Headers and ages of event streams, and stream CTL, as JetStream has them.
#pragma once

#include "runtime/check/run/collect.hpp"
#include "runtime/nats/client/connection.hpp"

namespace troupe::check {

/// Reads through consumers that live no longer than the call. Blocks.
class JetStreamRecords final : public StreamRecords {
public:
  explicit JetStreamRecords(nats::Connection& connection) : connection_(connection) {}

  Result<StreamSummary> facts(const Token& context) override;
  Result<std::vector<ControlRecord>> control() override;

private:
  nats::Connection& connection_;
};

}  // namespace troupe::check

// Decisions to skip a message, as records of stream CTL.
#pragma once

#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/skips.hpp"

namespace troupe::nats {

/// A decision is a troupe.v1.Skip on ctl.skip.<STREAM>.<sequence>; its last one counts.
class JetStreamSkips final : public Skips {
public:
  /// REQUIRES: `connection` outlives everything that is followed.
  explicit JetStreamSkips(Connection& connection) : connection_(connection) {}

  std::unique_ptr<Subscription> follow(SkipHandler& handler) override;
  Result<std::vector<Skip>> list(const std::string& stream) override;
  Result<void> record(const Skip& skip) override;

private:
  Connection& connection_;
};

/// Nothing when it is no decision about a message of the subject.
std::optional<Skip> read_skip(std::string_view subject, std::string_view body);

}  // namespace troupe::nats

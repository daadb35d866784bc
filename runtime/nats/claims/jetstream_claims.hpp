// Claims as messages of stream CTL.
#pragma once

#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/claims.hpp"

namespace troupe::nats {

/// A claim is a troupe.v1.Claim on ctl.<context>.<slot>, fenced by that subject's last sequence.
/// The number of slots is a troupe.v1.Layout on ctl.layout, the system a troupe.v1.System on
/// ctl.system.
class JetStreamClaims final : public Claims {
public:
  /// An unanswered record counts as unknown after so long.
  static constexpr std::chrono::milliseconds record_timeout{2'000};

  /// REQUIRES: `connection` outlives everything that is followed.
  JetStreamClaims(Connection& connection, SystemId system)
      : connection_(connection), system_(std::move(system)) {}

  Result<std::uint32_t> agree_on_slots(std::uint32_t wanted) override;
  std::unique_ptr<Subscription> follow(const Token& context, ClaimHandler& handler) override;
  bool reachable() const override { return connection_.connected(); }
  void record(const Token& context, const Claim& claim, std::uint64_t after, Claimed done) override;

private:
  Connection& connection_;
  const SystemId system_;
};

}  // namespace troupe::nats

// Effects as NATS requests to somebody who performs them.
#pragma once

#include <memory>
#include <string>

#include "runtime/base/in_flight.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/effects.hpp"

namespace troupe::nats {

/// Makes each call a request to `<prefix>.<effect>`: the body is the protobuf request, the header
/// Idempotency-Key the key, and the reply's body the protobuf answer. A service error below 500
/// other than 429 means that trying again is useless; anything else may pass.
class RequestEffects final : public Effects {
public:
  /// Above this a call fails at once, retryable.
  static constexpr std::size_t in_flight_max = 1'024;

  /// REQUIRES: `connection` outlives it.
  RequestEffects(Connection& connection, std::string prefix)
      : connection_(connection), prefix_(std::move(prefix)) {}

  void call(EffectCall call, Done done) override;

private:
  Connection& connection_;
  const std::string prefix_;
  /// Calls may end after this object.
  const std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>(in_flight_max);
};

}  // namespace troupe::nats

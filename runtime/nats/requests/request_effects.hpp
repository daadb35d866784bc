// Effects as NATS requests to somebody who performs them.
#pragma once

#include <memory>
#include <utility>

#include "runtime/base/in_flight.hpp"
#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/effects.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe::nats {

/// Makes each call a request to one subject, as `troupe::nats_request` promises.
class RequestEffects final : public Effects {
public:
  /// Over what `in_flight` allows a call fails at once, retryable. REQUIRES: `connection` outlives
  /// it.
  RequestEffects(Connection& connection, Subject subject, std::shared_ptr<InFlight> in_flight)
      : connection_(connection), subject_(std::move(subject)), in_flight_(std::move(in_flight)) {}

  void call(EffectCall call, Done done) override;

private:
  Connection& connection_;
  const Subject subject_;
  /// Of others, too; calls may end after this object.
  const std::shared_ptr<InFlight> in_flight_;
};

}  // namespace troupe::nats

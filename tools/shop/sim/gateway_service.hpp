// The simulated payment gateway as a NATS service of its own, which a real one can replace.
#pragma once

#include <chrono>
#include <memory>

#include "runtime/nats/client/connection.hpp"
#include "tools/shop/sim/gateway.hpp"

namespace troupe::tool {

/// Answers requests on gateway.payments.*: payments.v1.GatewayRequest in protobuf or JSON, with the
/// header Idempotency-Key; the answer has the form of the request. Errors carry
/// Nats-Service-Error-Code: 400 malformed, 409 key used for something else, 503 down. Also answers
/// $SRV.PING, INFO and STATS as the service `gateway`.
/// Serves until destroyed, which is to happen before `connection` and `gateway` are.
class GatewayService {
public:
  static constexpr const char* subject = "gateway.payments.*";
  /// When a late answer comes; callers give up before.
  static constexpr std::chrono::milliseconds late_after{7'000};

  static Result<std::unique_ptr<GatewayService>> start(nats::Connection& connection,
                                                       Gateway& gateway);
  virtual ~GatewayService() = default;
};

}  // namespace troupe::tool

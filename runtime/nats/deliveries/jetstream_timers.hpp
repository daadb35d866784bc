// Durable timers as scheduled messages of JetStream.
#pragma once

#include "runtime/nats/client/connection.hpp"
#include "runtime/ports/timers.hpp"

namespace troupe::nats {

/// An armed timer is a message on `tmr.<context>.armed.…` that JetStream moves to
/// `tmr.<context>.fired.…` when it is due. REQUIRES: `connection` outlives it.
class JetStreamTimers final : public Timers {
public:
  explicit JetStreamTimers(Connection& connection) : connection_(connection) {}

  void arm(const Instance& instance, const Token& name, Time due, std::string record,
           Done done) override;
  void disarm(const Instance& instance, const Token& name, Done done) override;

private:
  Connection& connection_;
};

}  // namespace troupe::nats

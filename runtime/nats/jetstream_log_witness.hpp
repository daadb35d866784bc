// What JetStream's leaders say about streams, and the incarnations recorded in stream CTL.
#pragma once

#include <vector>

#include "runtime/nats/connection.hpp"
#include "runtime/ports/log_witness.hpp"

namespace troupe::nats {

/// Asks over `asks`; a loss of any of the `watched` connections counts as a change. All outlive it.
class JetStreamLogWitness final : public LogWitness {
public:
  JetStreamLogWitness(Connection& asks, std::vector<Connection*> watched)
      : asks_(asks), watched_(std::move(watched)) {}

  Result<std::optional<StreamFacts>> facts(const std::string& stream) override;
  Result<std::optional<std::string>> hash_at(const std::string& stream,
                                             std::uint64_t sequence) override;
  Result<std::optional<Incarnation>> accepted(const std::string& stream) override;
  Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                      Record which) override;
  std::shared_ptr<void> watch(std::function<void(bool connected)> changed) override;

private:
  Connection& asks_;
  const std::vector<Connection*> watched_;
};

}  // namespace troupe::nats

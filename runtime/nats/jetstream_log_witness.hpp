// What JetStream's leaders say about streams, and the incarnations recorded in stream CTL.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/nats/connection.hpp"
#include "runtime/ports/log_witness.hpp"

namespace troupe::nats {

/// Asks over `asks`; a loss of any of the `watched` connections counts as a change. All outlive it.
/// The settings of streams are compared with the `wanted` ones.
class JetStreamLogWitness final : public LogWitness {
public:
  JetStreamLogWitness(Connection& asks, std::vector<Connection*> watched,
                      std::vector<nlohmann::json> wanted = {})
      : asks_(asks), watched_(std::move(watched)), wanted_(std::move(wanted)) {}

  Result<std::optional<StreamFacts>> facts(const std::string& stream) override;
  Result<std::optional<std::string>> hash_at(const std::string& stream,
                                             std::uint64_t sequence) override;
  Result<std::optional<Incarnation>> accepted(const std::string& stream) override;
  Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                      Record which) override;
  std::shared_ptr<void> watch(std::function<void(bool connected)> changed) override;

private:
  std::string weaker(const std::string& stream, const nlohmann::json& live) const;

  Connection& asks_;
  const std::vector<Connection*> watched_;
  const std::vector<nlohmann::json> wanted_;
};

}  // namespace troupe::nats

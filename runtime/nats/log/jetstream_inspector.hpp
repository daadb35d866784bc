// What JetStream's leaders say about streams, and the incarnations recorded in stream CTL.
#pragma once

#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/stream_inspector.hpp"

namespace troupe::nats {

/// A loss of any of the `watched` connections counts as a change. All outlive it. Each connection
/// may be to another server, of which one may be cut off from the others. The settings of streams
/// are compared with the `wanted` ones.
class JetStreamInspector final : public StreamInspector {
public:
  JetStreamInspector(StreamLeaders& leaders, std::vector<Connection*> watched,
                     std::vector<nlohmann::json> wanted = {});

  Result<std::optional<StreamFacts>> facts(const std::string& stream) override;
  Result<std::optional<std::string>> hash_at(const std::string& stream,
                                             std::uint64_t sequence) override;
  Result<std::optional<Incarnation>> accepted(const std::string& stream) override;
  Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                      Record which) override;
  Result<void> reachable(const std::string& stream) override;
  std::shared_ptr<void> watch(std::function<void(bool connected)> changed) override;

private:
  std::string weaker(const std::string& stream, const nlohmann::json& live) const;

  StreamLeaders& leaders_;
  const std::vector<Connection*> watched_;
  const std::vector<nlohmann::json> wanted_;
  std::vector<std::unique_ptr<StreamLeaders>> by_watched_;  // by each of them
};

}  // namespace troupe::nats

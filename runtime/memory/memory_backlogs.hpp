// What waits in the broker's streams.
#pragma once

#include "runtime/memory/broker.hpp"
#include "runtime/ports/backlogs.hpp"

namespace troupe::memory {

/// Knows no times, and no stream that refuses anything.
class MemoryBacklogs final : public Backlogs {
public:
  explicit MemoryBacklogs(Broker& broker) : broker_(broker) {}

  Result<std::optional<ConsumerBacklog>> reactions(const Token& source,
                                                   const Token& consumer) override;
  Result<std::optional<ConsumerBacklog>> timers(const Token& context) override;
  Result<Pending> open_effects(const Token& context, const Token& aggregate,
                               const Token& effect) override;
  Result<StreamBacklog> stream(StreamKind kind, const Token& context) override;

private:
  std::optional<ConsumerBacklog> consumer(const std::string& stream, const std::string& name) const;

  Broker& broker_;
};

}  // namespace troupe::memory

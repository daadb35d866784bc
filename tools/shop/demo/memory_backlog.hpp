// What a node in memory has still to do, for the check.
#pragma once

#include "runtime/check/run/collect.hpp"
#include "runtime/memory/broker.hpp"

namespace troupe::tool {

class MemoryBacklog final : public check::BacklogSource {
public:
  explicit MemoryBacklog(memory::Broker& broker) : broker_(broker) {}
  Result<check::Backlog> backlog(const Token& context) override;

private:
  memory::Broker& broker_;
};

}  // namespace troupe::tool

// What a node in memory has still to do, for the check.
#pragma once

#include "runtime/memory/broker.hpp"
#include "tools/troupe/check/collect.hpp"

namespace troupe::tool {

class MemoryBacklog final : public BacklogSource {
public:
  explicit MemoryBacklog(memory::Broker& broker) : broker_(broker) {}
  Result<Backlog> backlog(const Token& context) override;

private:
  memory::Broker& broker_;
};

}  // namespace troupe::tool

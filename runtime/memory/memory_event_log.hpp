// The event log of the in-memory broker.
#pragma once

#include "runtime/memory/broker.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::memory {

/// Completions run on the broker's thread.
class MemoryEventLog final : public EventLog {
public:
  explicit MemoryEventLog(Broker& broker) : broker_(broker) {}

  void append(const Subject& subject, std::uint64_t expected, std::vector<std::string> commits,
              Appended done) override;
  void load(const Subject& subject, std::uint64_t after, Loaded done) override;

private:
  Broker& broker_;
};

}  // namespace troupe::memory

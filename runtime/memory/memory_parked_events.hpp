// Parked events of the in-memory broker.
#pragma once

#include "runtime/memory/broker.hpp"
#include "runtime/ports/parked_events.hpp"

namespace troupe::memory {

/// Completions run on the broker's thread.
class MemoryParkedEvents final : public ParkedEvents {
public:
  explicit MemoryParkedEvents(Broker& broker) : broker_(broker) {}

  void park(const Token& context, const Token& consumer, const StoredSubject& source,
            std::string record, std::function<void(Result<void>)> done) override;
  Result<std::vector<std::string>> sources(const Token& context, const Token& consumer) override;
  void next(const Token& context, const Token& consumer, const std::string& source,
            std::uint64_t after, Found found) override;
  Result<void> remove(const Token& context, std::uint64_t sequence) override;

private:
  Broker& broker_;
};

}  // namespace troupe::memory

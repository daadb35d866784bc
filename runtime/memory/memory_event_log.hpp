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
  void load_before(const Subject& subject, std::uint64_t before, Loaded done) override;
  void load_at(const Subject& subject, std::vector<std::uint64_t> sequences, Loaded done) override;

  /// So many commits at most are loaded by one load_before.
  static constexpr std::size_t page_max = 64;

private:
  Broker& broker_;
};

}  // namespace troupe::memory

#include "runtime/memory/memory_stream_inspector.hpp"

#include "runtime/ports/identity.hpp"

namespace troupe::memory {

Result<std::optional<StreamFacts>> MemoryStreamInspector::facts(const std::string& stream) {
  return broker_.facts(stream).map([&](const Broker::Facts& facts) {
    return std::optional(StreamFacts{.created = Instant(std::chrono::seconds(facts.recreated)),
                                     .last_sequence = facts.last_sequence,
                                     .leader = {},
                                     .clock_ahead = clock_ahead_,
                                     .missing = facts.missing,
                                     .weaker = weaker_of(stream)});
  });
}

Result<void> MemoryStreamInspector::reachable(const std::string& stream) {
  if (!broker_.connected()) return retryable("the memory broker is not connected");
  return broker_.facts(stream).map([](const auto&) {});
}

Result<std::optional<std::string>> MemoryStreamInspector::hash_at(const std::string& stream,
                                                                  std::uint64_t sequence) {
  auto bytes = broker_.message(stream, sequence);
  if (bytes && *bytes) **bytes = sha256(**bytes);
  return bytes;
}

Result<std::optional<Incarnation>> MemoryStreamInspector::accepted(const std::string& stream) {
  if (const auto there = broker_.facts(stream); !there) return tl::make_unexpected(there.error());
  const std::lock_guard lock(mutex_);
  const auto found = accepted_.find(stream);
  return found == accepted_.end() ? std::nullopt : std::optional(found->second);
}

Result<void> MemoryStreamInspector::accept(const std::string& stream,
                                           const Incarnation& incarnation, Record which) {
  if (const auto there = broker_.facts(stream); !there) return tl::make_unexpected(there.error());
  const std::lock_guard lock(mutex_);
  if (which == Record::first)
    accepted_.emplace(stream, incarnation);
  else
    accepted_.insert_or_assign(stream, incarnation);
  return {};
}

}  // namespace troupe::memory

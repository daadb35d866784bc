#include "runtime/memory/memory_backlogs.hpp"

namespace troupe::memory {

std::optional<ConsumerBacklog> MemoryBacklogs::consumer(const std::string& stream,
                                                        const std::string& name) const {
  for (const auto& one : broker_.waiting(stream))
    if (one.consumer == name)
      return ConsumerBacklog{.pending = {.count = one.undelivered + one.unacknowledged},
                             .delivered = one.unacknowledged,
                             .delivered_max = one.in_flight_max,
                             .done_up_to = one.floor};
  return std::nullopt;
}

Result<std::optional<ConsumerBacklog>> MemoryBacklogs::reactions(const Token& source,
                                                                 const Token& name) {
  return consumer(stream_name(StreamKind::events, source), name.str());
}

Result<std::optional<ConsumerBacklog>> MemoryBacklogs::timers(const Token& context) {
  return consumer(stream_name(StreamKind::timers, context), "timers");
}

Result<Pending> MemoryBacklogs::open_effects(const Token& context, const Token& aggregate,
                                             const Token& effect) {
  Pending open;
  for (const auto& subject : broker_.armed(stream_name(StreamKind::timers, context))) {
    const auto tokens = subject.tokens();
    if (tokens.at(3) == aggregate.str() && is_effect_timer(tokens.back(), effect.str()))
      ++open.count;
  }
  return open;
}

Result<StreamBacklog> MemoryBacklogs::stream(StreamKind kind, const Token& context) {
  const auto facts = broker_.facts(stream_name(kind, context));
  if (!facts) return tl::make_unexpected(facts.error());
  return StreamBacklog{.messages = {.count = facts->last_sequence - facts->missing}};
}

}  // namespace troupe::memory

// Parked events as messages of the context's DLQ stream.
#pragma once

#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/parked_events.hpp"

namespace troupe::nats {

/// REQUIRES: `connection` outlives it.
class JetStreamParkedEvents final : public ParkedEvents {
public:
  /// With more sources of one consumer `sources` fails: their names alone would fill the memory.
  static constexpr std::size_t sources_max = 2'000'000;

  explicit JetStreamParkedEvents(StreamLeaders& leaders) : leaders_(leaders) {}

  void park(const Token& context, const Token& consumer, const StoredSubject& source,
            std::string record, std::function<void(Result<void>)> done) override;
  Result<std::vector<std::string>> sources(const Token& context, const Token& consumer) override;
  void next(const Token& context, const Token& consumer, const std::string& source,
            std::uint64_t after, Found found) override;
  Result<void> remove(const Token& context, std::uint64_t sequence) override;

private:
  Result<std::vector<std::string>> list(const std::string& stream, const std::string& prefix);

  StreamLeaders& leaders_;
};

}  // namespace troupe::nats

// Parked events as messages of the context's DLQ stream.
#pragma once

#include "runtime/nats/stream_leaders.hpp"
#include "runtime/ports/parked_events.hpp"

namespace troupe::nats {

/// REQUIRES: `connection` outlives it.
class JetStreamParkedEvents final : public ParkedEvents {
public:
  /// With more records of one consumer `list` fails: somebody has to look at them.
  static constexpr std::size_t listed_max = 100'000;

  explicit JetStreamParkedEvents(StreamLeaders& leaders) : leaders_(leaders) {}

  void park(const Token& context, const Token& consumer, const StoredSubject& source,
            std::string record, std::function<void(Result<void>)> done) override;
  Result<std::vector<Parked>> list(const Token& context, const Token& consumer) override;
  Result<void> remove(const Token& context, std::uint64_t sequence) override;

private:
  StreamLeaders& leaders_;
};

}  // namespace troupe::nats

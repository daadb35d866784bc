// Puts what a consumer cannot handle where it can be found, before it is acknowledged.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/strand.hpp"
#include "runtime/engine/health/counters.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/parked_events.hpp"

namespace troupe::engine {

/// A message that cannot be handled, or waits behind one.
struct Unhandled {
  StoredSubject subject;
  std::uint64_t sequence = 0;  ///< in its stream
  std::string bytes;
  std::string cause;  ///< one sentence
};

/// Of one consumer. REQUIRES: the strand is stopped before it is destroyed.
class Parking {
public:
  /// Longer bytes, which no node has written, are not kept in the record but only named.
  static constexpr std::size_t kept_bytes_max = 512 * 1'024;
  /// Between two tries while the store is away.
  static constexpr std::chrono::milliseconds pause{500};

  struct Dependencies {
    ParkedEvents& parked;
    const Clock& clock;
    Counters& counters;
  };

  Parking(Dependencies deps, Token context, Token consumer, std::string stream,
          std::shared_ptr<Strand> strand);

  /// Tries for ever; then runs `done` on the strand.
  void park(const Unhandled& unhandled, std::function<void()> done);

private:
  void store(const std::shared_ptr<const std::string>& record, const StoredSubject& subject,
             const std::function<void()>& done);

  const Dependencies deps_;
  const Token context_;
  const Token consumer_;
  const std::string stream_;
  const std::shared_ptr<Strand> strand_;
};

}  // namespace troupe::engine

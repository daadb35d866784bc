// Whether a stream contradicts what is remembered of it, and whether that can be believed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/ports/log_witness.hpp"

namespace troupe::engine {

/// What is remembered of a stream.
struct KnownLog {
  Instant created;
  std::uint64_t sequence = 0;  ///< the mark: up to here it was seen; 0: it was empty
  std::string hash{};          ///< of the message there; empty when that is not known
  std::uint64_t reached = 0;   ///< what this node otherwise knows to be in it
};

/// What was read of it now.
struct SeenLog {
  std::optional<StreamFacts> facts;      ///< nothing: there is no such stream
  std::optional<std::string> mark_hash;  /// of the message at the mark; nothing: there is none
};

/// Whether the message at the mark has to be read to judge.
bool needs_mark_hash(const KnownLog& known, const std::optional<StreamFacts>& facts);

/// What happened to the stream, as a clause about it, or empty when it only grew.
std::string regression(const KnownLog& known, const SeenLog& seen);

/// A contradiction counts when it stays: a new leader or a server that starts may not know
/// everything yet.
class Suspicion {
public:
  static constexpr int sightings_min = 3;
  /// A replicated stream's leader gets so long to catch up.
  static constexpr std::chrono::milliseconds leader_patience{2'000};

  /// One more look contradicts. True when it is to be believed.
  bool sighted(const std::string& leader, std::chrono::steady_clock::time_point now);
  void clear() { sightings_ = 0; }

private:
  int sightings_ = 0;  // in a row, of one leader
  std::string leader_;
  std::chrono::steady_clock::time_point since_;
};

}  // namespace troupe::engine

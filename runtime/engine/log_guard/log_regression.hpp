// Whether a stream contradicts what is remembered of it, and whether that can be believed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "runtime/ports/stream_inspector.hpp"

namespace troupe::engine {

/// What is remembered of a stream.
struct KnownLog {
  Instant created;
  std::uint64_t sequence = 0;  ///< the mark: up to here it was seen; 0: it was empty
  std::string hash{};          ///< of the message there; empty when that is not known
  std::uint64_t reached = 0;   ///< what this node otherwise knows to be in it
  std::uint64_t missing = 0;   ///< messages that were gone already when it was accepted
};

/// What was read of it now.
struct SeenLog {
  std::optional<StreamFacts> facts;      ///< nothing: there is no such stream
  std::optional<std::string> mark_hash;  ///< of the message at the mark; nothing: there is none
};

/// What happened to a stream. Each has a cure of its own.
enum class Loss {
  none,        ///< it only grew
  gone,        ///< there is no such stream
  copied,      ///< created anew, and with the same message at the mark: a backup, restored
  replaced,    ///< created anew, with other messages
  shortened,   ///< its end was lost
  holed,       ///< messages before its end were removed or expired
  altered,     ///< the message at the mark is another
  unrecorded,  ///< nothing in CTL says any more which stream is the log
};

struct Regression {
  Loss loss = Loss::none;
  std::string what{};  ///< a clause about the stream, unless there is no loss

  explicit operator bool() const { return loss != Loss::none; }
};

/// Whether the message at the mark has to be read to judge.
bool needs_mark_hash(const KnownLog& known, const std::optional<StreamFacts>& facts);

Regression regression(const KnownLog& known, const SeenLog& seen);

/// What an operator can do about it, as a clause behind which a command follows that accepts it.
const char* cure(Loss loss);

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

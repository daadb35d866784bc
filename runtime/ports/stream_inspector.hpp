// What shows whether a stream is still the one it was: its facts now, and the record of which
// incarnation of it was accepted.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/base/result.hpp"
#include "runtime/ports/instant.hpp"

namespace troupe {

struct StreamFacts {
  Instant created;
  std::uint64_t last_sequence = 0;
  std::string leader;  ///< of a replicated stream, else empty
  /// How far the clock of whoever answered is at least before this machine's; negative: behind it.
  std::chrono::milliseconds clock_ahead{0};
  std::uint64_t missing = 0;  ///< messages up to the last one that it does not hold any more
  std::string weaker;         ///< a sentence about a setting that promises too little, or empty
};

/// Which stream of a name is the log, and from where on it is vouched for.
struct Incarnation {
  Instant created;
  std::uint64_t last_sequence = 0;  ///< when it was accepted
  Instant accepted_at;              ///< tells one acceptance from the next
  std::string accepted_by;
  std::uint64_t missing = 0;  ///< as in StreamFacts, when it was accepted
};

/// The stream that holds those records, on ctl.incarnation.<STREAM>.
inline constexpr const char* control_stream = "CTL";

/// Thread safety: any method from any thread. All but watch block until the answer of the stream's
/// leader; a failure says nothing about the stream. A leader that its replicas have not followed
/// for a while is a failure, too.
class StreamInspector {
public:
  virtual ~StreamInspector() = default;

  /// Nothing: there is no such stream.
  virtual Result<std::optional<StreamFacts>> facts(const std::string& stream) = 0;

  /// SHA-256 of the message's bytes; nothing when there is none at this sequence.
  virtual Result<std::optional<std::string>> hash_at(const std::string& stream,
                                                     std::uint64_t sequence) = 0;

  /// What was recorded last for the stream; nothing also when there is no stream CTL.
  virtual Result<std::optional<Incarnation>> accepted(const std::string& stream) = 0;

  enum class Record { first, next };
  /// Records an incarnation. As the `first` it succeeds without effect when there is one already.
  virtual Result<void> accept(const std::string& stream, const Incarnation& incarnation,
                              Record which) = 0;

  /// Whether the stream's leader, by everything that this process reaches the log by, is seen and
  /// followed.
  virtual Result<void> reachable(const std::string& stream) = 0;

  /// Calls `changed(false)` when what answers may become something else, such as a server that
  /// starts anew, and `changed(true)` when it can be asked again; until the handle is destroyed.
  virtual std::shared_ptr<void> watch(std::function<void(bool connected)> changed) = 0;
};

}  // namespace troupe

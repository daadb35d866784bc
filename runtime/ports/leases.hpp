// Who is alive and who should run which slot: an optimisation. The append's expected sequence is
// the safety.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"

namespace troupe {

/// A process that runs a context.
struct Member {
  std::string holder;  ///< see Holder
  /// Another one each time that it says it is alive; 0: it takes no slots, as it is not fit or
  /// leaves.
  std::uint64_t beat = 0;
  /// See Beat; empty: of a version that does not say.
  std::string vocabulary{};
};

/// What a process says of itself.
struct Beat {
  bool fit = true;  ///< to take slots
  /// The same for two programs whose contexts know the same commands and queries.
  std::string vocabulary{};
};

/// A slot's lease is held by one holder at a time, until it is released or `ttl` passes without
/// renewal. Thread safety: any method from any thread. All methods block until the store has
/// answered.
class Leases {
public:
  virtual ~Leases() = default;

  /// Who this is: `<node>|<random token>`, so that a restarted node is somebody else.
  virtual const std::string& self() const = 0;

  /// Says that this process is alive and what it is, strikes the `dead` off the list, and returns
  /// who is on it.
  virtual Result<std::vector<Member>> beat(const Token& context, const Beat& beat,
                                           const std::vector<std::string>& dead) = 0;

  /// Takes those of the wanted slots that nobody else holds, or one of the `displaced`, and renews
  /// those this process holds. Returns the slots held after the call. A failure says nothing about
  /// what is held.
  virtual Result<std::vector<std::uint32_t>> hold(const Token& context,
                                                  const std::vector<std::uint32_t>& wanted,
                                                  const std::vector<std::string>& displaced,
                                                  std::chrono::milliseconds ttl) = 0;

  /// Gives up slots of this process; slots it does not hold are left alone.
  virtual Result<void> release(const Token& context, const std::vector<std::uint32_t>& slots) = 0;

  /// Says that this process takes no more slots.
  virtual Result<void> leave(const Token& context) = 0;
};

/// The node's name in `<node>|<token>`.
inline std::string node_of(const std::string& holder) { return holder.substr(0, holder.find('|')); }

}  // namespace troupe

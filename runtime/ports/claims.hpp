// Who does run which slot, as recorded in the log: a claim ends every earlier one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/result.hpp"
#include "runtime/ports/subject.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe {

struct Claim {
  std::uint32_t slot = 0;
  std::uint64_t epoch = 0;     ///< sequence of the record: never decreases
  std::string holder;          ///< as in Leases; empty: nobody, the slot was released
  std::string handed_over_by;  ///< the holder that gave the slot away, or empty
};

/// Hears of claims. Called by one thread at a time; must not block.
class ClaimHandler {
public:
  virtual ~ClaimHandler() = default;
  virtual void claimed(const Claim& claim) = 0;
  /// Everything that was recorded before following began has been told.
  virtual void caught_up() = 0;
};

/// Thread safety: any method from any thread.
class Claims {
public:
  using Claimed = std::function<void(Result<std::uint64_t> epoch)>;

  virtual ~Claims() = default;

  /// The number of slots of each context that the cluster agreed on; the first who asks decides.
  /// Fails permanently when the log is another system's than the one this was made for. Blocks.
  virtual Result<std::uint32_t> agree_on_slots(std::uint32_t wanted) = 0;

  /// Tells the last claim of each slot and every later one, some perhaps more than once; after a
  /// loss of the connection again the last ones. Ends when the handle is destroyed.
  virtual std::unique_ptr<Subscription> follow(const Token& context, ClaimHandler& handler) = 0;

  /// Whether the log can be reached, as far as is known: whoever cannot should own nothing.
  virtual bool reachable() const = 0;

  /// Records a claim whose epoch is decided by the record. It fails permanently when the slot's
  /// last claim is not the one of epoch `after` (0: none), and retryably when it may or may not
  /// have been recorded; following tells.
  virtual void record(const Token& context, const Claim& claim, std::uint64_t after,
                      Claimed done) = 0;
};

}  // namespace troupe

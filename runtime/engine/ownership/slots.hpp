// Which slots of a context this node owns: takes what is free, hands over what others should run,
// and gives way to every later claim.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/steady_time.hpp"
#include "runtime/base/strand.hpp"
#include "runtime/engine/options/engine_options.hpp"
#include "runtime/engine/ownership/members.hpp"
#include "runtime/ports/claims.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/leases.hpp"
#include "runtime/ports/slot_ingress.hpp"

namespace troupe::engine {

/// The list of members and the leases say who should own a slot, the last claim says who does. The
/// append's expected sequence keeps the log right whoever is wrong; this keeps conflicts rare and
/// rejections true.
/// Thread safety: the const methods and forget from any thread, beat and stop from one thread.
class Slots final : private ClaimHandler {
public:
  struct Dependencies {
    Leases& leases;
    Claims& claims;
    SlotIngress& ingress;
    const Clock& clock;
    const EngineOptions& options;
    Conditions& conditions;
    std::function<bool()> fit;  ///< whether this node could serve what it owns
    std::string vocabulary;     ///< of this node's program, see Beat
  };
  /// Lets the instances of a slot go, once they have answered; `gone` is let go of with the last.
  using LetGo = std::function<void(std::uint32_t slot, std::shared_ptr<void> gone)>;

  Slots(Dependencies deps, Token context, LetGo let_go);
  ~Slots() override;  ///< hears of no claim any more

  std::uint32_t count() const noexcept { return static_cast<std::uint32_t>(epochs_.size()); }
  bool holds(std::uint32_t slot) const noexcept { return epochs_[slot].load() != 0; }
  /// Of the claim by which it is held; 0 when it is not.
  std::uint64_t epoch(std::uint32_t slot) const noexcept { return epochs_[slot].load(); }

  /// False when somebody else may have appended: what the slot's instances know may be old.
  bool certain(std::uint32_t slot) const noexcept;

  std::vector<std::uint32_t> held() const;

  /// Whether another program runs the context on other nodes, as far as is known: what this one
  /// does not know that one may.
  bool another_program() const noexcept { return another_program_; }

  /// Another control stream was accepted: what was claimed in the old one is void. Any thread.
  void forget();

  /// Says that this node is alive, takes, renews, and begins to hand over. While the store of
  /// leases is away everything stays as it is. Blocks on the store and on the log.
  void beat();

  /// Returns when what beat() has begun to take is taken, or after `patience`.
  void wait_until_taken(std::chrono::milliseconds patience);

  /// Hands everything to those that stay, or to nobody, at the latest after `patience`. Blocks.
  void stop(std::chrono::milliseconds patience);

private:
  struct Slot {
    Claim claim;            // the last one known
    bool claiming = false;  // a claim of ours is on its way
    bool moving = false;    // being handed over
    bool giving = false;    // the claim for the next owner is on its way
    bool open = false;      // its commands come in here
  };
  /// A slot and its next owner, or nobody.
  struct Gift {
    std::uint32_t slot = 0;
    std::string to;
  };
  struct Plan {
    std::vector<std::uint32_t> keep;
    std::vector<std::uint32_t> take;
    std::vector<Gift> give;
    std::vector<std::string> displaced;
  };

  void claimed(const Claim& claim) override;
  void caught_up() override;

  bool agreed();
  bool caught_up_already() const;
  bool look_whether_fit(SteadyTime now);
  Plan plan(SteadyTime now, bool fit);
  void retreat();
  void open_to_all(bool open);
  void claim(std::uint32_t slot);
  void take(std::uint32_t slot, std::uint64_t epoch);
  void lose(std::uint32_t slot);
  void hand_over(const std::vector<Gift>& gifts);
  bool hand_over_and_wait(const std::vector<Gift>& gifts, SteadyTime deadline);
  void give(const Gift& gift, std::uint64_t after);
  void complain(const std::string& what);
  void begin_anew();
  void say_unowned();
  /// Whether each slot's commands find an owner, as far as is known for sure.
  template <class IsAlive>
  bool all_served(const IsAlive& is_alive) const;

  /// At most so many slots are on their way to others at a time.
  static constexpr std::size_t moving_max = 8;
  static constexpr std::chrono::milliseconds open_retry{500};
  /// Longer, and the next beat looks again.
  static constexpr std::chrono::milliseconds catch_up_patience{1'000};

  const Dependencies deps_;
  const Token context_;
  const LetGo let_go_;
  std::vector<std::atomic<std::uint64_t>> epochs_;
  /// Till then an earlier owner may still have something on its way: one that was taken for dead,
  /// or whose instances took too long when it handed the slot over.
  std::vector<std::atomic<SteadyTime>> sure_from_;
  std::atomic<SteadyTime> beat_at_{};  // when the last good beat was sent
  Members members_;                    // of the thread that beats
  bool agreed_ = false;                // of the thread that beats
  bool fit_ = true;                    // of the thread that beats
  SteadyTime unfit_since_{};           // of the thread that beats
  std::atomic<bool> open_to_all_{true};
  std::atomic<bool> another_program_{true};
  std::atomic<bool> forget_{false};

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Slot> slots_;
  bool caught_up_ = false;
  bool planned_ = false;  // what could be taken at first was asked for
  bool settled_ = false;  // all slots were served once
  OwnCondition differ_;
  OwnCondition not_agreed_;
  OwnCondition name_taken_;
  OwnCondition unowned_;
  OwnCondition not_renewed_;

  const std::shared_ptr<Strand> moves_ = std::make_shared<Strand>();  // blocks on the log only
  std::unique_ptr<Subscription> following_;                           // last: calls the others
};

}  // namespace troupe::engine

// Listens to the events of one context on behalf of another, or of itself: in order per instance,
// with poison parked and everything behind it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "runtime/base/strand.hpp"
#include "runtime/engine/asks/parking.hpp"
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/history/skip_list.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/engine/reactions/event_plan.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/parked_events.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::engine {

/// All state lives on a strand of its own. What waits is bounded by the deliveries in flight; of
/// parked events only their sources' names are here, and one record of each that is tried again.
class Reactor final : public DeliveryHandler {
public:
  struct Dependencies {
    EventPlan::Dependencies plan;
    ParkedEvents& parked;
    const SkipList& skips;
    const Clock& clock;
    Counters& counters;
    StepWatch& steps;
    Conditions& conditions;
  };

  /// So many sources with parked events are tried again at a time, however many there are. One that
  /// something is delivered of does not wait for its turn.
  static constexpr std::size_t replays_max = 64;
  /// Whoever is asked may hear of a decision later than this node: all is tried at once, and again
  /// after these times.
  static constexpr std::array tries_again_after{std::chrono::seconds(5), std::chrono::seconds(30)};

  Reactor(Dependencies deps, const ContextModel& context, Token source);
  ~Reactor() override;  ///< stops

  void start(Subscriptions& subscriptions);
  /// Ends deliveries until the next start. What is being handled goes on.
  void pause() { subscription_.reset(); }
  /// Ends deliveries and drops what is being handled: it was not acknowledged and comes again.
  void stop();

  void activated(std::uint64_t generation) override;
  void can_deliver(const std::string& why_not) override { refused_.show(why_not); }
  void deliver(Delivery delivery) override;

  /// Tries what is parked once more, where this is the active one. From any thread.
  void try_parked_again();
  const Token& source() const noexcept { return source_; }

private:
  /// A commit to handle, delivered or parked.
  struct Item {
    StoredCommit stored;
    std::function<void()> acknowledge;                  ///< delivered
    std::optional<std::uint64_t> parked_sequence = {};  ///< parked
    std::string hash = {};                              ///< parked without its bytes
  };

  /// The commits of one source instance, handled one after the other.
  struct Lane {
    std::deque<Item> queue;
    bool busy = false;
    bool has_turn = false;  ///< it is one of the replays that were started together
    bool again = false;     ///< what is parked is to be tried again once it is no longer busy
  };
  /// By the parked_name of the source.
  using Lanes = std::unordered_map<std::string, Lane>;

  /// Of a source of which something is parked. That comes before whatever is delivered; when it
  /// still cannot be handled, the source is held, and what follows is parked behind it.
  struct Behind {
    std::uint64_t replayed_up_to = 0;  ///< in the stream of parked events
    bool held = false;
  };

  using Finished = std::function<void(std::string poison)>;

  void open(std::uint64_t generation);
  void try_held_again();
  void start_replays();
  void replay_next(const std::string& source, std::uint64_t after);
  void found_parked(const std::string& source, const Result<std::optional<Parked>>& found);
  void nothing_parked(const std::string& source);
  Result<std::optional<ReadCommit>> read(const Item& item) const;
  void work(const std::string& source);
  void handle(const std::string& source, Item item);
  void handle_events(const std::shared_ptr<const ReadCommit>& read, int index,
                     const Finished& finished);
  void handled(const std::string& source, const Item& item, const std::string& poison);
  void replayed(const std::string& source, const Item& item, const std::string& poison);
  void park(const std::string& source, const Item& item, const std::string& cause);
  void go_on(const std::string& source);

  const Dependencies deps_;
  const EventPlan plan_;
  const Token context_;
  const Token source_;
  const Token consumer_;
  const std::size_t in_flight_max_;
  const CommitReader reader_;
  const std::shared_ptr<Strand> strand_;
  Parking parking_;
  OwnCondition unread_;
  OwnCondition refused_;

  std::uint64_t generation_ = 0;
  bool opened_ = false;  // the parked events of this generation are known
  Lanes lanes_;          // busy ones, and those with something queued
  std::unordered_map<std::string, Behind> parked_;  // by the parked_name of the source
  std::deque<std::string> turns_;                   // of those to be tried again
  std::size_t replaying_ = 0;                       // lanes that have a turn

  std::unique_ptr<Subscription> subscription_;  // last: ends the deliveries
};

}  // namespace troupe::engine

// Listens to the events of one context on behalf of another, or of itself: in order per instance,
// with poison parked and everything behind it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "runtime/engine/counters.hpp"
#include "runtime/engine/event_plan.hpp"
#include "runtime/engine/parking.hpp"
#include "runtime/engine/skip_list.hpp"
#include "runtime/engine/stored_commit.hpp"
#include "runtime/engine/strand.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/parked_events.hpp"
#include "runtime/ports/subscription.hpp"

namespace troupe::engine {

/// All state lives on a strand of its own. What waits is bounded by the deliveries in flight, and
/// by the parked events of the consumer.
class Reactor final : public DeliveryHandler {
public:
  struct World {
    EventPlan::World plan;
    ParkedEvents& parked;
    const SkipList& skips;
    const Clock& clock;
    Counters& counters;
  };

  Reactor(World world, const ContextModel& context, Token source);
  ~Reactor() override;  ///< stops

  void start(Subscriptions& subscriptions);
  /// Ends deliveries until the next start. What is being handled goes on.
  void pause() { subscription_.reset(); }
  /// Ends deliveries and drops what is being handled: it was not acknowledged and comes again.
  void stop();

  void activated(std::uint64_t generation) override;
  void deliver(Delivery delivery) override;

  /// Tries what is parked once more, where this is the active one. From any thread.
  void try_parked_again();
  const Token& source() const noexcept { return source_; }

  /// `<context>-from-<source>`: the durable's name and part of its commands' ids.
  static std::string consumer_name(std::string_view context, std::string_view source);

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
    std::deque<Item> replay;  ///< parked before this activation; come first
    std::deque<Item> queue;
    bool busy = false;
    bool held = false;   ///< something is parked: what follows is parked behind it
    bool again = false;  ///< what is parked is to be tried again once it is no longer busy
  };
  using Lanes = std::unordered_map<std::string, Lane>;

  using Finished = std::function<void(std::string poison)>;

  void open(std::uint64_t generation);
  void reopen(std::uint64_t generation);
  void add_parked(const Parked& record, const std::set<std::string>* only);
  Result<std::optional<ReadCommit>> read(const Item& item) const;
  void work(const std::string& source);
  void handle(const std::string& source, Item item);
  void handle_events(const std::shared_ptr<const ReadCommit>& read, int index,
                     const Finished& finished);
  void handled(const std::string& source, const Item& item, const std::string& poison);
  void replayed(const std::string& source, const Item& item, const std::string& poison);
  void park(const std::string& source, const Item& item, const std::string& cause);
  void go_on(const std::string& source);

  const World world_;
  const EventPlan plan_;
  const Token context_;
  const Token source_;
  const Token consumer_;
  const std::size_t in_flight_max_;
  const CommitReader reader_;
  const std::shared_ptr<Strand> strand_;
  Parking parking_;

  std::uint64_t generation_ = 0;
  bool opened_ = false;  // the parked events of this generation are known
  Lanes lanes_;          // by source subject; busy and held ones, and those with something queued

  std::unique_ptr<Subscription> subscription_;  // last: ends the deliveries
};

}  // namespace troupe::engine

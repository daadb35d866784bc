// Which nodes are alive, judged by this node's own clock from the beats it has seen change.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/steady_time.hpp"
#include "runtime/ports/leases.hpp"

namespace troupe::engine {

/// Nobody is suspected on a guess: after a gap in the answers of the store the judgement starts
/// anew, so that a store that was away, slow or emptied makes nobody look dead. No clock of another
/// machine is read. Not thread safe.
class Members {
public:
  Members(std::string self, std::chrono::milliseconds suspect_after);

  /// What the store answered at `now`.
  void heard(const std::vector<Member>& members, SteadyTime now);

  /// Whoever's beat has changed lately and who takes slots, this node always; in the order of their
  /// names.
  std::vector<std::string> alive(SteadyTime now) const;

  /// Whether it has been silent for long enough, all of which this node was listening.
  bool dead(const std::string& holder, SteadyTime now) const;

  /// Whether it is alive for sure, and stays: its beat was seen to change lately. Neither alive for
  /// sure nor dead is who has not been listened to for long enough.
  bool surely_alive(const std::string& holder, SteadyTime now) const;

  /// All of them that are dead.
  std::vector<std::string> dead_ones(SteadyTime now) const;

  /// Those on the list that have been dead for so long that nobody needs them there.
  std::vector<std::string> to_strike_off(SteadyTime now) const;

  /// Whether somebody else has been fit to take slots for so long.
  bool another_is_fit(SteadyTime now, std::chrono::milliseconds for_so_long) const;

  /// The judgement starts anew: what this node saw so far says nothing of others.
  void listen_anew(SteadyTime now) { listening_since_ = now; }

  /// Whether somebody who is not known to be dead has another vocabulary than `own`, or does not
  /// say it; also before the list was heard.
  bool another_vocabulary(const std::string& own, SteadyTime now) const;

  /// Another process that goes by this node's name and is alive, or empty.
  std::string namesake(SteadyTime now) const;

private:
  struct Seen {
    std::uint64_t beat = 0;
    SteadyTime changed;
    SteadyTime fit_since{};
    unsigned changes = 0;
    bool fit = true;  // to take slots
    std::string vocabulary{};
  };

  /// As many suspicions long somebody dead stays on the list.
  static constexpr int strike_off_after = 10;
  static constexpr int forget_after = 20;

  const std::string self_;
  const std::chrono::milliseconds suspect_after_;
  std::map<std::string, Seen> seen_;
  SteadyTime listening_since_;
  SteadyTime heard_at_ = SteadyTime::min();
};

/// Which of the nodes should run the slot: rendezvous hashing, so that a node that comes or goes
/// moves no slots between others. REQUIRES: some node.
const std::string& owner_of(std::uint32_t slot, const std::vector<std::string>& alive);

}  // namespace troupe::engine

// Which nodes are alive, judged by this node's own clock from the beats it has seen change.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/ports/leases.hpp"

namespace troupe::engine {

/// Nobody is suspected on a guess: after a gap in the answers of the store the judgement starts
/// anew, so that a store that was away, slow or emptied makes nobody look dead. No clock of another
/// machine is read. Not thread safe.
class Members {
public:
  using Instant = std::chrono::steady_clock::time_point;

  Members(std::string self, std::chrono::milliseconds suspect_after);

  /// What the store answered at `now`.
  void heard(const std::vector<Member>& members, Instant now);

  /// Whoever's beat has changed lately and who takes slots, this node always; in the order of their
  /// names.
  std::vector<std::string> alive(Instant now) const;

  /// Whether it has been silent for long enough, all of which this node was listening.
  bool dead(const std::string& holder, Instant now) const;

  /// Whether it is alive for sure, and stays: its beat was seen to change lately. Neither alive for
  /// sure nor dead is who has not been listened to for long enough.
  bool surely_alive(const std::string& holder, Instant now) const;

  /// All of them that are dead.
  std::vector<std::string> dead_ones(Instant now) const;

  /// Those on the list that have been dead for so long that nobody needs them there.
  std::vector<std::string> to_strike_off(Instant now) const;

  /// Whether somebody else has been fit to take slots for so long.
  bool another_is_fit(Instant now, std::chrono::milliseconds for_so_long) const;

  /// The judgement starts anew: what this node saw so far says nothing of others.
  void listen_anew(Instant now) { listening_since_ = now; }

  /// Another process that goes by this node's name and is alive, or empty.
  std::string namesake(Instant now) const;

private:
  struct Seen {
    std::uint64_t beat = 0;
    Instant changed;
    Instant fit_since{};
    unsigned changes = 0;
    bool fit = true;  // to take slots
  };

  /// As many suspicions long somebody dead stays on the list.
  static constexpr int strike_off_after = 10;
  static constexpr int forget_after = 20;

  const std::string self_;
  const std::chrono::milliseconds suspect_after_;
  std::map<std::string, Seen> seen_;
  Instant listening_since_;
  Instant heard_at_ = Instant::min();
};

/// Which of the nodes should run the slot: rendezvous hashing, so that a node that comes or goes
/// moves no slots between others. REQUIRES: some node.
const std::string& owner_of(std::uint32_t slot, const std::vector<std::string>& alive);

}  // namespace troupe::engine

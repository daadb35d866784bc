// When faults were on, and how the nodes' clocks stand to the clients'.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/check/history/client_commands.hpp"
#include "runtime/check/run/decoded_run.hpp"

namespace troupe::check {

struct FaultTime {
  std::string kind;
  std::string target;
  std::int64_t begin_ns = 0;
  std::int64_t healing_ns = 0;  ///< it is undone from here on; `end_ns` when nobody said so
  std::int64_t end_ns = 0;      ///< the history's end when nobody said that it ended
};

/// What whoever made faults wrote into the history.
class FaultTimes {
public:
  /// A fault explains what happens so long after it: leases run out and connections notice.
  static constexpr std::chrono::nanoseconds aftermath = std::chrono::seconds(10);

  explicit FaultTimes(const std::vector<ClientEvent>& history);

  bool recorded() const { return !faults_.empty(); }
  /// True when some fault was on at that time or shortly before.
  bool explain(std::int64_t time_ns) const;
  /// For how much of the time between the two some fault was in force: until it is being undone.
  std::chrono::nanoseconds in_force(std::int64_t from_ns, std::int64_t to_ns) const;
  /// True when Redis may have lost something between the two times.
  bool redis_lost(std::int64_t from_ns, std::int64_t to_ns) const;

private:
  std::vector<FaultTime> faults_;  // in the order of their beginning
};

/// What to add to a time of the nodes to have it on the clients' clock, from the acknowledged
/// commands: each was decided between its sending and its answer. Nothing when they contradict each
/// other, as with clocks that were changed, or when there are none.
std::optional<std::chrono::nanoseconds> clients_clock_offset(const DecodedRun& run,
                                                             const ToldByCommand& all);

}  // namespace troupe::check

// Places at which a chaos test ends or freezes this very process.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/base/result.hpp"

namespace troupe {

/// Where an interleaving matters that a signal from outside does not hit.
enum class FaultPoint : std::uint8_t {
  append_before_send,  ///< append.before_send: decided, and nothing has left
  append_sent,         ///< append.sent: the log has the append, this process no answer
  append_acked,        ///< append.acked: the log acknowledged, nobody was answered
  view_written,        ///< view.written: rows and checkpoint are in the store
};
inline constexpr std::size_t fault_points = 4;

/// kill is SIGKILL, stop is SIGSTOP; both of this process.
enum class FaultAction : std::uint8_t { none, kill, stop };

/// What happens at which passage of each place.
struct FaultPlan {
  struct Due {
    std::uint64_t passage = 0;  ///< counted from 1
    FaultAction action = FaultAction::none;
  };
  std::array<Due, fault_points> due{};

  /// Reads "append.sent@17:kill,view.written@5:stop": at most one entry per place. Fails with a
  /// sentence that names what is wrong.
  static Result<FaultPlan> parse(std::string_view text);
};

/// From now on fault_point() counts passages. Call it once, before other threads start.
void arm_fault_points(const FaultPlan& plan);

namespace detail {
inline bool fault_points_armed = false;
/// Counts a passage; what is due then.
FaultAction passed(FaultPoint point) noexcept;
/// Returns after a stop, when somebody has let the process go on.
void act(FaultPoint point, FaultAction action) noexcept;
}  // namespace detail

/// One line at the place. Not armed it costs a branch that is never taken. `before` runs just
/// before the action, for what must be true by then.
template <class Before>
void fault_point(FaultPoint point, Before&& before) {
  if (!detail::fault_points_armed) [[likely]]
    return;
  const auto action = detail::passed(point);
  if (action == FaultAction::none) return;
  before();
  detail::act(point, action);
}

inline void fault_point(FaultPoint point) {
  fault_point(point, [] {});
}

}  // namespace troupe

#include "runtime/base/fault_point.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <csignal>
#include <string>

#include <unistd.h>

#include <spdlog/spdlog.h>

namespace troupe {

namespace {

constexpr std::array<std::string_view, fault_points> names{"append.before_send", "append.sent",
                                                           "append.acked", "view.written"};

FaultPlan plan_in_force;
std::array<std::atomic<std::uint64_t>, fault_points> passages{};

tl::unexpected<Failure> wrong(std::string_view entry, const std::string& why) {
  return permanent("the fault \"" + std::string(entry) + "\" " + why
                   + "; write it like append.sent@17:kill");
}

FaultAction action_named(std::string_view name) {
  return name == "kill"   ? FaultAction::kill
         : name == "stop" ? FaultAction::stop
                          : FaultAction::none;
}

Result<void> add(FaultPlan& plan, std::string_view entry) {
  const auto at = entry.find('@');
  const auto colon = entry.find(':', at == std::string_view::npos ? 0 : at);
  if (at == std::string_view::npos || colon == std::string_view::npos)
    return wrong(entry, "has no passage or no action");
  const auto name = std::ranges::find(names, entry.substr(0, at));
  if (name == names.end()) return wrong(entry, "names no place");
  const auto number = entry.substr(at + 1, colon - at - 1);
  FaultPlan::Due due;
  const auto [end, error] = std::from_chars(number.begin(), number.end(), due.passage);
  if (error != std::errc{} || end != number.end() || due.passage == 0)
    return wrong(entry, "has no passage from 1 on");
  due.action = action_named(entry.substr(colon + 1));
  if (due.action == FaultAction::none) return wrong(entry, "has an action other than kill or stop");
  auto& place = plan.due[static_cast<std::size_t>(name - names.begin())];
  if (place.action != FaultAction::none) return wrong(entry, "is the second one for its place");
  place = due;
  return {};
}

}  // namespace

Result<FaultPlan> FaultPlan::parse(std::string_view text) {
  FaultPlan plan;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(',', begin), text.size());
    if (const auto added = add(plan, text.substr(begin, end - begin)); !added)
      return tl::make_unexpected(added.error());
    begin = end + 1;
  }
  return plan;
}

void arm_fault_points(const FaultPlan& plan) {
  plan_in_force = plan;
  for (auto& count : passages) count = 0;
  detail::fault_points_armed = true;
}

namespace detail {

FaultAction passed(FaultPoint point) noexcept {
  const auto place = static_cast<std::size_t>(point);
  const auto& due = plan_in_force.due[place];
  return passages[place].fetch_add(1, std::memory_order_relaxed) + 1 == due.passage
             ? due.action
             : FaultAction::none;
}

void act(FaultPoint point, FaultAction action) noexcept {
  const auto place = static_cast<std::size_t>(point);
  const bool kills = action == FaultAction::kill;
  spdlog::warn("Fault point {}, passage {}: this process {} itself.", names[place],
               plan_in_force.due[place].passage, kills ? "kills" : "stops");
  (void)kill(getpid(), kills ? SIGKILL : SIGSTOP);
}

}  // namespace detail

}  // namespace troupe

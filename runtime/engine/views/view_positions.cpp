#include "runtime/engine/views/view_positions.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <spdlog/fmt/fmt.h>

namespace troupe::engine {

namespace {

/// With a comma between thousands.
std::string grouped(std::uint64_t number) {
  constexpr std::uint64_t group = 1'000;
  if (number < group) return std::to_string(number);
  return fmt::format("{},{:03}", grouped(number / group), number % group);
}

}  // namespace

std::string rebuilt_sentence(std::string_view view, std::uint64_t position,
                             std::uint64_t whole_from) {
  return fmt::format("{} is being rebuilt, {} of {}", view, grouped(position), grouped(whole_from));
}

std::uint64_t ViewPositions::slowest_locked() const {
  const auto slowest = std::ranges::min_element(views_, {}, &View::position);
  return slowest == views_.end() ? 0 : slowest->position;
}

std::uint64_t ViewPositions::slowest() const {
  const std::lock_guard lock(mutex_);
  return slowest_locked();
}

void ViewPositions::compared(std::size_t view, std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  auto& reaches = views_[view].reaches;
  if (!reaches) reaches = end;
  compared_.notify_all();
}

void ViewPositions::moved(std::size_t view, std::uint64_t position) {
  std::vector<Done> reached;
  {
    const std::lock_guard lock(mutex_);
    auto& moved = views_[view];
    moved.position = position;
    moved.seen = std::max(moved.seen, position);
    const auto end = waiters_.upper_bound(slowest_locked());
    for (auto waiter = waiters_.begin(); waiter != end; waiter = waiters_.erase(waiter))
      reached.push_back(std::move(waiter->second.done));
  }
  for (const auto& done : reached) done(Waited::reached);
}

void ViewPositions::forget() {
  const std::lock_guard lock(mutex_);
  for (auto& view : views_) view = {};
}

void ViewPositions::wait_until_compared(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  compared_.wait_for(lock, patience, [this] {
    return std::ranges::all_of(views_, [](const View& view) { return view.reaches.has_value(); });
  });
}

std::optional<std::uint64_t> ViewPositions::whole_from(std::size_t view) const {
  const std::lock_guard lock(mutex_);
  const auto& [position, seen, reaches] = views_[view];
  return reaches ? std::optional(std::max(*reaches, seen)) : std::nullopt;
}

void ViewPositions::seen(std::size_t view, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  views_[view].seen = std::max(views_[view].seen, position);
}

void ViewPositions::blocked(std::size_t view, std::uint64_t position) {
  const std::lock_guard lock(mutex_);
  auto& reaches = views_[view].reaches;
  if (reaches) reaches = std::min(*reaches, position);
}

/// Whoever waits for most, and among those who came last, gives way: what is far off may never
/// come, and costs those nothing who ask for what has just been written.
void ViewPositions::when(std::uint64_t position, Moment deadline, Done done) {
  Waited how = Waited::reached;
  {
    const std::lock_guard lock(mutex_);
    if (slowest_locked() < position) {
      waiters_.emplace(position, Waiter{deadline, std::move(done)});
      if (waiters_.size() <= waiting_max_) return;
      const auto farthest = std::prev(waiters_.end());
      done = std::move(farthest->second.done);
      waiters_.erase(farthest);
      how = Waited::crowded_out;
    }
  }
  done(how);
}

void ViewPositions::expire(Moment now) {
  std::vector<Done> expired;
  {
    const std::lock_guard lock(mutex_);
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (waiter->second.deadline > now) {
        ++waiter;
        continue;
      }
      expired.push_back(std::move(waiter->second.done));
      waiter = waiters_.erase(waiter);
    }
  }
  for (const auto& done : expired) done(Waited::too_long);
}

}  // namespace troupe::engine

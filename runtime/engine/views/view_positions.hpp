// How far the views of a context are, as this node knows it, and who waits for them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::engine {

/// "accounts is being rebuilt, 2,561 of 5,526"
std::string rebuilt_sentence(std::string_view view, std::uint64_t position,
                             std::uint64_t whole_from);

/// A view is whole once it has reached the end that its stream had when this node first looked, or
/// the message before which it has to stand, and as long as it stands no lower than this node has
/// seen it: a store that lost a view has it folded again from the beginning, and until then its
/// rows are of long ago. Thread safety: any method from any thread.
class ViewPositions {
public:
  using Moment = std::chrono::steady_clock::time_point;
  /// How somebody's waiting for a position ended.
  enum class Waited {
    reached,
    too_long,
    crowded_out,  ///< others wait for less
  };
  using Done = std::function<void(Waited)>;

  /// Above `waiting_max` the one that waits for most gives way.
  ViewPositions(std::size_t views, std::size_t waiting_max)
      : waiting_max_(waiting_max), views_(views) {}

  /// Up to where all views reflect the stream; 0 when there is no view.
  std::uint64_t slowest() const;

  /// Where a view's stream ends. What comes after the first look does not count: then the view only
  /// lags behind.
  void compared(std::size_t view, std::uint64_t end);
  /// Where a view stands now.
  void moved(std::size_t view, std::uint64_t position);
  /// It stands there, before a message that cannot be read.
  void blocked(std::size_t view, std::uint64_t position);
  /// The views are read anew, perhaps from another stream: nothing is known of them.
  void forget();

  /// Returns when every view was compared with its stream, or after `patience`.
  void wait_until_compared(std::chrono::milliseconds patience);

  /// Where a view that is whole stands at least; nothing while that is unknown. Asked before the
  /// rows are read: what stands lower then is being built again.
  std::optional<std::uint64_t> whole_from(std::size_t view) const;
  /// Somebody read the view there: whoever reads it next sees no less.
  void seen(std::size_t view, std::uint64_t position);

  /// Runs `done` once: at once, or from the thread that moves the last view there, that expires it
  /// or that crowds it out.
  void when(std::uint64_t position, Moment deadline, Done done);
  /// Gives up those whose deadline is over.
  void expire(Moment now);

private:
  struct View {
    std::uint64_t position = 0;
    std::uint64_t seen = 0;                // the highest that anybody has seen
    std::optional<std::uint64_t> reaches;  // in the end; unknown until it was compared
  };
  struct Waiter {
    Moment deadline;
    Done done;
  };

  std::uint64_t slowest_locked() const;

  const std::size_t waiting_max_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable compared_;
  std::vector<View> views_;
  std::multimap<std::uint64_t, Waiter> waiters_;  // by position
};

}  // namespace troupe::engine

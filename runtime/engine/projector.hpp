// Keeps one view: folds the context's stream into rows, from the checkpoint the store has. Or,
// where another node keeps it, follows how far it is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/domain/model.hpp"
#include "runtime/engine/counters.hpp"
#include "runtime/engine/watchdog.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/event_cursor.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

/// Rows and checkpoint are written in one step that refuses any other checkpoint than the expected
/// one, so every commit counts exactly once whoever writes, and a store that lost data is filled
/// again from where it stands now. Runs on a thread of its own from construction.
class Projector {
public:
  static constexpr std::size_t batch_max = 512;
  /// An idle projector looks so often whether the store still has its checkpoint.
  static constexpr std::chrono::milliseconds patience{250};
  /// So often a node that does not keep the view looks how far it is.
  static constexpr std::chrono::milliseconds follow_interval{100};
  static constexpr std::chrono::milliseconds pause_min{50};
  static constexpr std::chrono::milliseconds pause_max{2'000};
  /// A view that has stopped is tried again after so long: what one server said is not for ever.
  static constexpr std::chrono::milliseconds standstill{5'000};

  struct World {
    EventStreams& streams;
    ViewStore& views;
    Watchdog& watchdog;
    Conditions& conditions;
    Counters& counters;
    std::function<bool()> is_keeper;  ///< whether this node keeps the view, now
  };
  /// Told from the projector's thread whenever the view's checkpoint has changed.
  using Moved = std::function<void(std::uint64_t checkpoint)>;

  Projector(World world, ViewName name, const ViewModel& view, Moved moved);
  ~Projector();  ///< stops; waits for what is being read or written

  /// So that several can stop at the same time.
  void request_stop() { thread_.request_stop(); }

private:
  /// What to do next: go on, open the stream again at the store's checkpoint (after a pause, when
  /// the world failed), try again after a pause, or stand still for a while.
  enum class Step { go_on, reopen, reopen_later, again, stop };

  void run(const std::stop_token& stopping);
  Step open(std::unique_ptr<EventCursor>& cursor, std::uint64_t& position);
  Step advance(EventCursor& cursor, std::uint64_t& position);
  Step write(const std::vector<StoredCommit>& commits, std::uint64_t& position);
  Step check(std::uint64_t position);
  void follow();
  void pause(const std::stop_token& stopping, std::chrono::milliseconds time);
  void told(const Failure& failure) const;
  Result<Rows> fold(const std::vector<StoredCommit>& commits);
  Step give_up(const std::string& why);

  const World world_;
  const ViewName name_;
  const ViewModel& view_;
  const Moved moved_;
  OwnCondition standstill_;
  std::mutex mutex_;  // only for the pauses
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: runs from construction
};

}  // namespace troupe::engine

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

#include <troupe/model.hpp>
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/health/watchdog.hpp"
#include "runtime/engine/history/skip_list.hpp"
#include "runtime/engine/history/stored_commit.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/event_cursor.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

/// Rows are read with their checkpoint and written with it in one step that refuses any other than
/// the expected one, so every commit counts exactly once whoever writes, and a store that lost data
/// is filled again from where it stands now. Before a message that it cannot read it waits until an
/// operator has decided to skip that. Runs on a thread of its own from construction.
class Projector {
public:
  static constexpr std::size_t batch_max = 512;
  /// An idle projector looks so often whether the store still has its checkpoint.
  static constexpr std::chrono::milliseconds patience{250};
  /// So often a node that does not keep the view looks how far it is ...
  static constexpr std::chrono::milliseconds follow_interval{100};
  /// ... and, when it did not move for so many looks, whether it cannot.
  static constexpr int looks_until_stuck = 10;
  static constexpr std::chrono::milliseconds pause_min{50};
  static constexpr std::chrono::milliseconds pause_max{2'000};
  /// A view that has stopped is tried again after so long: what one server said is not for ever.
  static constexpr std::chrono::milliseconds standstill{5'000};

  struct Dependencies {
    EventStreams& streams;
    ViewStore& views;
    const SkipList& skips;
    Watchdog& watchdog;
    Conditions& conditions;
    Counters& counters;
    std::function<bool()> is_keeper;  ///< whether this node keeps the view, now
  };
  /// What the projector finds out, from its own thread.
  struct Progress {
    std::function<void(std::uint64_t end)> compared;  ///< where the stream ends; before any `moved`
    std::function<void(std::uint64_t checkpoint)> moved;  ///< where the view stands now
    /// It stands there before a message that cannot be read.
    std::function<void(std::uint64_t checkpoint)> blocked;
  };

  Projector(Dependencies deps, ViewName name, const ViewModel& view, Progress progress);
  ~Projector();  ///< stops; waits for what is being read or written

  /// So that several can stop at the same time.
  void request_stop() { thread_.request_stop(); }

private:
  struct Fact;

  /// What to do next: go on, open the stream again at the store's checkpoint (after a pause, when
  /// the world failed), try again after a pause, or stand still for a while.
  enum class Step { go_on, reopen, reopen_later, again, stop };
  /// The part of a batch before the first message that cannot be read, as the rows it changes. They
  /// mean nothing where the view stood elsewhere when they were read.
  struct Folded {
    std::uint64_t from = 0;
    std::uint64_t to = 0;  ///< sequence of the last one
    Rows changed{};
    std::string poison{};  ///< about the one behind it, or empty
  };

  void run(const std::stop_token& stopping);
  Step open(std::unique_ptr<EventCursor>& cursor, std::uint64_t& position);
  Step advance(EventCursor& cursor, std::uint64_t& position);
  Step write(const std::vector<StoredCommit>& commits, std::uint64_t& position);
  Step check(std::uint64_t position);
  Step elsewhere(std::uint64_t checkpoint, std::uint64_t position) const;
  void follow();
  void look_whether_blocked(std::uint64_t checkpoint);
  void compared(std::uint64_t end);
  void pause(const std::stop_token& stopping, std::chrono::milliseconds time);
  void told(const Failure& failure);
  Result<std::vector<Fact>> facts_of(const StoredCommit& stored) const;
  Result<Folded> fold(const std::vector<StoredCommit>& commits, std::uint64_t position);
  Result<void> project(const std::vector<Fact>& facts, Folded& folded) const;
  Step block(const std::string& poison, std::uint64_t position);
  bool stays_blocked() const;
  bool clear_what_was_skipped(std::uint64_t position);
  Step give_up(const std::string& why);

  const Dependencies deps_;
  const ViewName name_;
  const ViewModel& view_;
  const Progress progress_;
  const CommitReader reader_;
  OwnCondition standstill_;
  OwnCondition blocked_;
  OwnCondition waits_;
  std::uint64_t blocked_at_ = 0;      // its checkpoint then
  std::uint64_t skips_known_ = 0;     // changes of the skip list before it last read
  std::uint64_t skips_judged_ = 0;    // changes of which it is known what they mean to the view
  std::uint64_t followed_ = 0;        // the checkpoint at the last look
  int looks_there_ = 0;               // at which it was that
  std::optional<std::uint64_t> end_;  // of the stream, when it was compared with the view
  std::mutex mutex_;                  // only for the pauses
  std::condition_variable_any stopped_;
  std::jthread thread_;  // last: runs from construction
};

}  // namespace troupe::engine

// Serves a context only while its log is the one it was.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/base/strand.hpp"
#include "runtime/engine/health/counters.hpp"
#include "runtime/engine/log_guard/stream_watch.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::engine {

/// A log may go backwards: a stream created anew, a tail lost with the power, a flipped bit, a copy
/// from yesterday. Its sequences are given out again then, and the fences made of them mean
/// nothing. So the context's events and the cluster's control stream are looked at every second and
/// at once after a connection was lost, before anything is served again; a log that went back is
/// not served until an operator has accepted it. Nor does a node serve while a setting lets the log
/// lose messages, or while its clock and the log's differ: what it records, and its timers, would
/// be of a wrong time. The streams of timers and parked events are looked at, too; what they lost
/// is said.
///
/// Thread safety: serves, fit, went_back and why_not from any thread; start and stop from one.
class LogGuard {
public:
  static constexpr std::chrono::milliseconds look_every{1'000};
  /// While it is not known whether the log is sound, or it was not seen at the last look.
  static constexpr std::chrono::milliseconds look_again{200};
  /// A node that has not seen its log for so long is not fit to own slots. Longer than a look that
  /// meets a slow server; an election of the log's servers takes longer, but then no node sees it.
  static constexpr std::chrono::milliseconds unseen_max{3'000};

  /// Called by one thread, none after stop.
  struct Actions {
    std::function<void()> run;     ///< the log is sound: what reads from it may start
    std::function<void()> halt;    ///< only after run, when it went back or the clocks differ
    std::function<void()> forget;  ///< another log was accepted: what was read from it is void
  };

  LogGuard(StreamWatch::Dependencies deps, const Token& context, Counters& counters,
           Conditions& conditions, Actions actions);
  ~LogGuard();  ///< stops

  /// Whether this node is fit to own anything. Before start; blocks for an answer.
  void look_at_clocks();
  /// Looks, from then on by itself. Blocks for the first look.
  void start();
  /// Waits for the look under way. Nothing is halted.
  void stop();

  bool serves() const noexcept { return state_.load() == State::sound; }
  /// Whether this node may own slots, or should leave them to others: it sees its log, which is the
  /// one it was, and the clocks agree. Says so when it does not see it.
  bool fit();
  /// Until another log is accepted nothing that was read from this one is true.
  bool went_back() const noexcept { return state_.load() == State::went_back; }
  /// Why commands are refused, as a sentence.
  std::string why_not() const;

private:
  enum class State { sound, unknown, clocks_differ, weaker, went_back };

  void connection_changed(bool connected);
  void look_and_go_on();
  void look();
  StreamWatch::Look look_at_streams();
  void look_at_queue(StreamWatch& queue, OwnCondition& condition);
  std::string mended_by(const std::string& why, Loss loss) const;
  bool passed(std::uint64_t doubts, const Result<void>& reached);
  bool seen() const;
  void not_seen(const std::string& why);
  void accepted();
  void refuse_to_serve(const std::string& why);
  void refuse(State state, std::string sentence);
  void become(State state, std::string sentence);

  const Token context_;
  StreamInspector& inspector_;
  const Clock& clock_;
  Counters& counters_;
  const Actions actions_;
  const std::string stream_;

  // Of the thread that looks.
  StreamWatch events_;
  StreamWatch control_;
  StreamWatch timers_;
  StreamWatch parked_;
  bool running_ = false;
  std::uint64_t round_ = 0;  // only the newest planned look is made

  std::atomic<State> state_{State::unknown};
  mutable std::mutex mutex_;
  std::uint64_t doubts_ = 0;                       // under mutex_: how often a connection was lost
  std::string sentence_;                           // under mutex_: what state_ says
  std::string unsure_;                             // under mutex_: why the log was not seen
  std::chrono::steady_clock::time_point seen_at_;  // under mutex_: sound, by all connections
  OwnCondition unchecked_;
  OwnCondition clocks_differ_;
  OwnCondition weaker_;
  OwnCondition went_back_;
  OwnCondition timers_lost_;
  OwnCondition parked_lost_;

  Strand strand_;
  std::shared_ptr<void> watching_;  // last: it posts to the strand
};

}  // namespace troupe::engine

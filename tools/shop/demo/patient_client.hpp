// A client that repeats a command with the same id until it has a definite answer, and writes down
// what it was told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "runtime/check/history/history.hpp"
#include "tools/shop/demo/command_sender.hpp"

namespace troupe::tool {

/// Shared by the clients of one run: once stopped, nobody waits or repeats any more. Thread safe.
class StopFlag {
public:
  void stop();
  bool stopped() const;
  /// Waits for `time`. False: stopped meanwhile.
  bool wait_for(std::chrono::milliseconds time);

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
};

struct Patience {
  std::chrono::milliseconds deadline{60'000};    ///< of a command, with all its tries
  std::chrono::milliseconds try_timeout{5'000};  ///< of one try
};

/// Not thread safe: each client is one process of the history.
class PatientClient {
public:
  static constexpr std::chrono::milliseconds first_pause{20};
  static constexpr std::chrono::milliseconds pause_max{500};

  PatientClient(std::string name, CommandSender& sender, check::History& history, StopFlag& stop,
                Patience patience)
      : name_(std::move(name)),
        sender_(sender),
        history_(history),
        stop_(stop),
        patience_(patience) {}

  /// Accepted, or rejected for a reason that repeating does not change; or, after the deadline or a
  /// stop, whatever the last try was answered. `first_attempt` is the first try's number.
  Outcome send(const Wish& wish, unsigned first_attempt);

private:
  std::string name_;
  CommandSender& sender_;
  check::History& history_;
  StopFlag& stop_;
  Patience patience_;
};

}  // namespace troupe::tool

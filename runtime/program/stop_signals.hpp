// SIGINT and SIGTERM as events of the program instead of its sudden end.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace troupe::program {

/// From its construction the two signals are kept from this thread and from all threads it starts
/// later, and are taken by a thread of this object: make it first in a program.
class StopSignals {
public:
  StopSignals();
  ~StopSignals();

  /// `stop` runs once: on this object's thread on the first signal, or at once if that has come
  /// already. It must not use this object. An empty one replaces it; it does not run afterwards.
  void on_stop(std::function<void()> stop);

  /// Blocks until the first signal.
  void wait() const;
  /// The same, at most for `time`. True: it came.
  bool wait_for(std::chrono::milliseconds time) const;

private:
  void listen();

  int signals_;  // descriptors
  int end_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable changed_;
  std::function<void()> stop_;
  bool came_ = false;
  std::thread thread_;
};

}  // namespace troupe::program

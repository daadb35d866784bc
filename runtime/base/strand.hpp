// A thread that runs one task after the other, now or later: home of state that needs no lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "runtime/base/steady_time.hpp"

namespace troupe::engine {

/// Thread safety: any method from any thread. Tasks must not throw. Whoever posts is bounded by
/// what it has in flight; the queue itself is not.
class Strand {
public:
  using Task = std::function<void()>;

  Strand();
  ~Strand();  ///< stops
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  /// Runs the task after those posted before it; never when the strand has stopped.
  void post(Task task);
  void post_after(std::chrono::milliseconds delay, Task task);

  /// Waits for the running task and drops the others. REQUIRES: not called by a task.
  void stop();

private:
  void run();
  void move_due_tasks();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;                   // under mutex_
  std::multimap<SteadyTime, Task> delayed_;  // under mutex_
  bool stopped_ = false;                     // under mutex_
  std::thread thread_;                       // last: runs from construction
};

}  // namespace troupe::engine

// Runs things later, on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace troupe::tool {

/// Thread safe. What is still waiting when the queue is destroyed is run at once, so that whoever
/// waits for it hears of it.
class DelayQueue {
public:
  /// Above this nothing more is taken.
  static constexpr std::size_t waiting_max = 4'096;

  DelayQueue();
  ~DelayQueue();

  /// Runs `job` after `delay`, jobs of one due time in the order in which they came. `job` must not
  /// block. False: there are too many already, and it will not run.
  [[nodiscard]] bool run_after(std::chrono::milliseconds delay, std::function<void()> job);

private:
  void work();

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace troupe::tool

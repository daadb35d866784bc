// One thread that runs what it is given, in order: the network and the server of the in-memory
// world.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace troupe::memory {

/// Thread safety: any method from any thread, settle() not from a task.
class Worker {
public:
  using Task = std::function<void()>;

  Worker();
  /// Runs what was posted, drops what was meant for later.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Above this the caller does not bound what it has in flight, which is a bug.
  static constexpr std::size_t tasks_max = 1'000'000;

  void post(Task task);
  void post_at(std::chrono::steady_clock::time_point when, Task task);

  /// Returns once nothing posted waits or runs. What is meant for later does not count.
  void settle();

private:
  void run();
  void take_due(std::chrono::steady_clock::time_point now);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<Task> ready_;
  std::multimap<std::chrono::steady_clock::time_point, Task> later_;
  bool running_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace troupe::memory

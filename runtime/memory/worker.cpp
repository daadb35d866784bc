// Runs tasks one after the other, and later ones when their moment has come.
#include "runtime/memory/worker.hpp"

#include <utility>

#include "runtime/base/assert.hpp"

namespace troupe::memory {

Worker::Worker() : thread_([this] { run(); }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Worker::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    TROUPE_ASSERT(ready_.size() < tasks_max, "too many requests in flight to the memory broker");
    ready_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void Worker::post_at(std::chrono::steady_clock::time_point when, Task task) {
  {
    const std::lock_guard lock(mutex_);
    TROUPE_ASSERT(later_.size() < tasks_max, "too many tasks scheduled on the memory broker");
    later_.emplace(when, std::move(task));
  }
  wake_.notify_one();
}

void Worker::settle() {
  TROUPE_ASSERT(std::this_thread::get_id() != thread_.get_id(), "a task waits for itself");
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return ready_.empty() && !running_; });
}

void Worker::take_due(std::chrono::steady_clock::time_point now) {
  const auto end = later_.upper_bound(now);
  for (auto task = later_.begin(); task != end; task = later_.erase(task))
    ready_.push_back(std::move(task->second));
}

void Worker::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    take_due(std::chrono::steady_clock::now());
    if (!ready_.empty()) {
      const Task task = std::move(ready_.front());
      ready_.pop_front();
      running_ = true;
      lock.unlock();
      task();
      lock.lock();
      running_ = false;
    } else if (idle_.notify_all(); stopping_) {
      return;
    } else if (later_.empty()) {
      wake_.wait(lock);
    } else {
      const auto first = later_.begin()->first;
      wake_.wait_until(lock, first);
    }
  }
}

}  // namespace troupe::memory

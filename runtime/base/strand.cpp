#include "runtime/base/strand.hpp"

#include <utility>

namespace troupe::engine {

Strand::Strand() : thread_([this] { run(); }) {}

Strand::~Strand() { stop(); }

void Strand::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void Strand::post_after(std::chrono::milliseconds delay, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    delayed_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
  }
  changed_.notify_one();
}

void Strand::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  // What the dropped tasks own may call back into this strand: destroy it without the lock.
  std::deque<Task> dropped;
  std::multimap<SteadyTime, Task> dropped_later;
  const std::lock_guard lock(mutex_);
  dropped.swap(tasks_);
  dropped_later.swap(delayed_);
}

void Strand::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    move_due_tasks();
    if (!tasks_.empty()) {
      {
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
      }
      lock.lock();
    } else if (delayed_.empty()) {
      changed_.wait(lock);
    } else {
      const auto due = delayed_.begin()->first;
      changed_.wait_until(lock, due);
    }
  }
}

void Strand::move_due_tasks() {
  const auto now = std::chrono::steady_clock::now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    tasks_.push_back(std::move(delayed_.begin()->second));
    delayed_.erase(delayed_.begin());
  }
}

}  // namespace troupe::engine

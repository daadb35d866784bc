#include "tools/shop/sim/delay_queue.hpp"

namespace troupe::tool {

DelayQueue::DelayQueue() : thread_([this] { work(); }) {}

DelayQueue::~DelayQueue() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

bool DelayQueue::run_after(std::chrono::milliseconds delay, std::function<void()> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || waiting_.size() >= waiting_max) return false;
  waiting_.emplace(std::chrono::steady_clock::now() + delay, std::move(job));
  changed_.notify_one();
  return true;
}

void DelayQueue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (waiting_.empty()) {
      if (stopping_) return;
      changed_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (!stopping_ && due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    const auto job = std::move(waiting_.extract(waiting_.begin()).mapped());
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace troupe::tool

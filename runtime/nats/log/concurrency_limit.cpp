#include "runtime/nats/log/concurrency_limit.hpp"

#include <utility>

namespace troupe::nats {

void ConcurrencyLimit::take(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (free_ == 0) {
      waiting_.push_back(std::move(task));
      return;
    }
    --free_;
  }
  task(ending());
}

void ConcurrencyLimit::finished() {
  Task next;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next(ending());
}

}  // namespace troupe::nats

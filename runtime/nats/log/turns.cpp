#include "runtime/nats/log/turns.hpp"

#include <utility>

namespace troupe::nats {

void Turns::take(Task task) {
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

void Turns::finished() {
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

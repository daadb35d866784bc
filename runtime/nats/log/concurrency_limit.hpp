// Lets a bounded number of asynchronous tasks run at a time; the others wait in order.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

namespace troupe::nats {

/// Whoever asks bounds how many wait. Thread safety: any method from any thread.
class ConcurrencyLimit : public std::enable_shared_from_this<ConcurrencyLimit> {
public:
  /// Ends a turn. Called exactly once, from any thread.
  using Finished = std::function<void()>;
  using Task = std::function<void(Finished)>;

  explicit ConcurrencyLimit(std::size_t running_max) : free_(running_max) {}

  /// Starts the task at once, on the caller's thread, or when its turn comes, on a finisher's.
  void take(Task task);

private:
  void finished();
  Finished ending() {
    return [self = shared_from_this()] { self->finished(); };
  }

  std::mutex mutex_;  // guards what follows
  std::size_t free_;
  std::deque<Task> waiting_;
};

}  // namespace troupe::nats

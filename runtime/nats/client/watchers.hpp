// Who wants to know when a connection goes and comes.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace troupe::nats {

/// Thread safety: any method from any thread.
class Watchers {
public:
  /// Until the handle is destroyed; nobody is told any more when that returns.
  std::shared_ptr<void> add(std::function<void(bool connected)> changed) {
    const auto watcher = std::make_shared<Watcher>(std::move(changed));
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(watchers_, [](const auto& old) { return old.expired(); });
      watchers_.push_back(watcher);
    }
    return {watcher.get(), [watcher](void*) { watcher->forget(); }};
  }

  void tell(bool connected) {
    std::vector<std::weak_ptr<Watcher>> watchers;
    {
      const std::lock_guard lock(mutex_);
      watchers = watchers_;
    }
    for (const auto& weak : watchers)
      if (const auto watcher = weak.lock()) watcher->tell(connected);
  }

private:
  class Watcher {
  public:
    explicit Watcher(std::function<void(bool)> changed) : changed_(std::move(changed)) {}

    void tell(bool connected) {
      const std::lock_guard lock(mutex_);
      if (changed_) changed_(connected);
    }
    void forget() {
      const std::lock_guard lock(mutex_);
      changed_ = nullptr;
    }

  private:
    std::mutex mutex_;
    std::function<void(bool)> changed_;  // under mutex_
  };

  std::mutex mutex_;
  std::vector<std::weak_ptr<Watcher>> watchers_;  // under mutex_
};

}  // namespace troupe::nats

// What has stopped for good and needs somebody's attention.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace troupe::engine {

/// Thread safety: any method from any thread.
class Alarms {
public:
  /// Beyond it nothing is added: whoever looks has enough to do.
  static constexpr std::size_t kept_max = 16;

  void raise(std::string sentence) {
    const std::lock_guard lock(mutex_);
    if (sentences_.size() < kept_max) sentences_.push_back(std::move(sentence));
  }

  /// What had stopped starts anew.
  void clear() {
    const std::lock_guard lock(mutex_);
    sentences_.clear();
  }

  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return sentences_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> sentences_;
};

}  // namespace troupe::engine

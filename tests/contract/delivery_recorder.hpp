// A handler that keeps what it is given and acknowledges what it is told to.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/ports/subscription.hpp"

namespace troupe::test {

class DeliveryRecorder final : public DeliveryHandler {
public:
  void activated(std::uint64_t generation) override {
    const std::lock_guard lock(mutex_);
    generation_ = generation;
    ++activations_;
    current_.clear();
    unacknowledged_ = 0;
    changed_.notify_all();
  }

  void can_deliver(const std::string& why_not) override {
    const std::lock_guard lock(mutex_);
    why_not_ = why_not;
    changed_.notify_all();
  }
  /// Waits until it is told why nothing can be delivered here.
  bool wait_for_refusal(const std::string& part, std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience,
                             [&] { return why_not_.find(part) != std::string::npos; });
  }

  void deliver(Delivery delivery) override {
    {
      const std::lock_guard lock(mutex_);
      stray_ |= delivery.generation != generation_;
      current_.push_back(delivery);
      ++total_;
      unacknowledged_max_ = std::max(unacknowledged_max_, ++unacknowledged_);
      changed_.notify_all();
    }
    if (acknowledges_at_once) acknowledge(delivery);
  }

  /// Waits until `count` messages have come in one generation; false when they do not.
  bool wait_for(std::size_t count, std::chrono::milliseconds patience = default_patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return current_.size() >= count; });
  }
  bool wait_for_bytes(const std::string& bytes) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, default_patience, [&] {
      return std::ranges::find(current_, bytes, &Delivery::bytes) != current_.end();
    });
  }
  bool wait_for_activations(int count, std::chrono::milliseconds patience = default_patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return activations_ >= count; });
  }

  /// Those of the current generation.
  std::vector<Delivery> current() const {
    const std::lock_guard lock(mutex_);
    return current_;
  }
  std::vector<std::string> bytes() const {
    std::vector<std::string> all;
    for (const auto& delivery : current()) all.push_back(delivery.bytes);
    return all;
  }
  void acknowledge(std::size_t index) { acknowledge(current().at(index)); }
  void acknowledge_all() {
    for (const auto& delivery : current()) acknowledge(delivery);
  }

  int activations() const {
    const std::lock_guard lock(mutex_);
    return activations_;
  }
  std::size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }
  std::size_t unacknowledged_max() const {
    const std::lock_guard lock(mutex_);
    return unacknowledged_max_;
  }
  /// A message came under another generation than the last activated one.
  bool stray() const {
    const std::lock_guard lock(mutex_);
    return stray_;
  }

  /// Set before the subscription begins.
  bool acknowledges_at_once = false;

  static constexpr std::chrono::milliseconds default_patience{10'000};

private:
  void acknowledge(const Delivery& delivery) {
    {
      const std::lock_guard lock(mutex_);
      --unacknowledged_;
    }
    delivery.acknowledge();
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t generation_ = 0;
  int activations_ = 0;
  std::string why_not_;
  std::vector<Delivery> current_;
  std::size_t total_ = 0;
  std::size_t unacknowledged_ = 0;
  std::size_t unacknowledged_max_ = 0;
  bool stray_ = false;
};

}  // namespace troupe::test

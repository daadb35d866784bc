#include "runtime/memory/memory_skips.hpp"

namespace troupe::memory {

class MemorySkips::Following final : public Subscription {
public:
  explicit Following(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}
  ~Following() override {
    const std::lock_guard lock(follower_->mutex);
    follower_->handler = nullptr;
  }

private:
  const std::shared_ptr<Follower> follower_;
};

std::unique_ptr<Subscription> MemorySkips::follow(SkipHandler& handler) {
  auto follower = std::make_shared<Follower>();
  follower->handler = &handler;
  const std::lock_guard lock(mutex_);
  std::erase_if(followers_, [](const auto& one) { return one.expired(); });
  followers_.push_back(follower);
  std::vector<Skip> known;
  for (const auto& [place, skip] : last_) known.push_back(skip);
  worker_.post([follower, known = std::move(known)] {
    const std::lock_guard telling(follower->mutex);
    if (follower->handler == nullptr) return;
    for (const auto& skip : known) follower->handler->decided(skip);
    follower->handler->caught_up();
  });
  return std::make_unique<Following>(std::move(follower));
}

Result<std::vector<Skip>> MemorySkips::list(const std::string& stream) {
  const std::lock_guard lock(mutex_);
  std::vector<Skip> all;
  for (const auto& [place, skip] : last_)
    if (place.first == stream) all.push_back(skip);
  return all;
}

Result<void> MemorySkips::record(const Skip& skip) {
  const std::lock_guard lock(mutex_);
  last_.insert_or_assign({skip.stream, skip.sequence}, skip);
  for (const auto& weak : followers_)
    if (const auto follower = weak.lock())
      worker_.post([follower, skip] {
        const std::lock_guard telling(follower->mutex);
        if (follower->handler != nullptr) follower->handler->decided(skip);
      });
  return {};
}

}  // namespace troupe::memory

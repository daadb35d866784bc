#include "runtime/memory/memory_claims.hpp"

namespace troupe::memory {

class MemoryClaims::Following final : public Subscription {
public:
  explicit Following(std::shared_ptr<Follower> follower) : follower_(std::move(follower)) {}
  ~Following() override {
    const std::lock_guard lock(follower_->mutex);
    follower_->handler = nullptr;
  }

private:
  const std::shared_ptr<Follower> follower_;
};

Result<std::uint32_t> MemoryClaims::agree_on_slots(std::uint32_t wanted) {
  const std::lock_guard lock(mutex_);
  if (!slots_) slots_ = wanted;
  return *slots_;
}

std::unique_ptr<Subscription> MemoryClaims::follow(const Token& context, ClaimHandler& handler) {
  auto follower = std::make_shared<Follower>();
  follower->context = context.str();
  follower->handler = &handler;
  const std::lock_guard lock(mutex_);
  std::erase_if(followers_, [](const auto& one) { return one.expired(); });
  followers_.push_back(follower);
  std::vector<Claim> known;
  for (const auto& [key, claim] : last_)
    if (key.first == context.str()) known.push_back(claim);
  worker_.post([follower, known = std::move(known)] {
    const std::lock_guard telling(follower->mutex);
    if (follower->handler == nullptr) return;
    for (const auto& claim : known) follower->handler->claimed(claim);
    follower->handler->caught_up();
  });
  return std::make_unique<Following>(std::move(follower));
}

void MemoryClaims::record(const Token& context, const Claim& claim, std::uint64_t after,
                          Claimed done) {
  const std::lock_guard lock(mutex_);
  auto& last = last_[{context.str(), claim.slot}];
  if (last.epoch != after) {
    worker_.post([done] { done(permanent("another claim was faster")); });
    return;
  }
  last = claim;
  last.epoch = ++sequence_;
  worker_.post([done, epoch = last.epoch] { done(epoch); });
  for (const auto& weak : followers_)
    if (const auto follower = weak.lock(); follower && follower->context == context.str())
      worker_.post([follower, claim = last] {
        const std::lock_guard telling(follower->mutex);
        if (follower->handler != nullptr) follower->handler->claimed(claim);
      });
}

}  // namespace troupe::memory

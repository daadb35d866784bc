// Leases that end when the clock says so.
#include "runtime/memory/memory_leases.hpp"

namespace troupe::memory {

namespace {

const SystemClock machine_clock;

auto away() { return retryable("the memory lease table is not available"); }

}  // namespace

void LeaseTable::set_available(bool available) {
  const std::lock_guard lock(mutex_);
  available_ = available;
}

void LeaseTable::lose_everything() {
  const std::lock_guard lock(mutex_);
  leases_.clear();
}

MemoryLeases::MemoryLeases() : MemoryLeases(machine_clock) {}

MemoryLeases::MemoryLeases(const Clock& clock, std::shared_ptr<LeaseTable> table)
    : clock_(clock), table_(table != nullptr ? std::move(table) : std::make_shared<LeaseTable>()) {
  const std::lock_guard lock(table_->mutex_);
  holder_ = ++table_->last_holder_;
}

Result<std::vector<std::uint32_t>> MemoryLeases::hold(const Token& context,
                                                      const std::vector<std::uint32_t>& wanted,
                                                      std::chrono::milliseconds ttl) {
  const auto now = clock_.steady();
  const std::lock_guard lock(table_->mutex_);
  if (!table_->available_) return away();
  std::vector<std::uint32_t> held;
  for (const auto slot : wanted) {
    auto& lease = table_->leases_[{context.str(), slot}];
    if (lease.holder != holder_ && lease.until > now) continue;
    lease = {holder_, now + ttl};
    held.push_back(slot);
  }
  return held;
}

Result<void> MemoryLeases::release(const Token& context, const std::vector<std::uint32_t>& slots) {
  const std::lock_guard lock(table_->mutex_);
  if (!table_->available_) return away();
  for (const auto slot : slots) {
    const auto lease = table_->leases_.find({context.str(), slot});
    if (lease != table_->leases_.end() && lease->second.holder == holder_)
      table_->leases_.erase(lease);
  }
  return {};
}

}  // namespace troupe::memory

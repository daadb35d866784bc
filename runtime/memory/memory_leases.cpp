// Leases that end when the clock says so.
#include "runtime/memory/memory_leases.hpp"

#include <algorithm>

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
  members_.clear();
}

MemoryLeases::MemoryLeases() : MemoryLeases(machine_clock) {}

MemoryLeases::MemoryLeases(const Clock& clock, std::shared_ptr<LeaseTable> table,
                           const std::string& node)
    : clock_(clock), table_(table != nullptr ? std::move(table) : std::make_shared<LeaseTable>()) {
  const std::lock_guard lock(table_->mutex_);
  holder_ = node + "|" + std::to_string(++table_->last_holder_);
}

Result<std::vector<troupe::Member>> MemoryLeases::beat(const Token& context, const Beat& beat,
                                                       const std::vector<std::string>& dead) {
  const std::lock_guard lock(table_->mutex_);
  if (!table_->available_) return away();
  auto& members = table_->members_[context.str()];
  for (const auto& holder : dead) members.erase(holder);
  auto& own = members[holder_];
  own = {holder_, beat.fit ? own.beat + 1 : 0, beat.vocabulary};
  std::vector<troupe::Member> all;
  for (const auto& [holder, member] : members) all.push_back(member);
  return all;
}

Result<std::vector<std::uint32_t>> MemoryLeases::hold(const Token& context,
                                                      const std::vector<std::uint32_t>& wanted,
                                                      const std::vector<std::string>& displaced,
                                                      std::chrono::milliseconds ttl) {
  const auto now = clock_.steady();
  const std::lock_guard lock(table_->mutex_);
  if (!table_->available_) return away();
  std::vector<std::uint32_t> held;
  for (const auto slot : wanted) {
    auto& lease = table_->leases_[{context.str(), slot}];
    const bool may_go =
        lease.holder == holder_ || std::ranges::find(displaced, lease.holder) != displaced.end();
    if (!may_go && lease.until > now) continue;
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

Result<void> MemoryLeases::leave(const Token& context) {
  const std::lock_guard lock(table_->mutex_);
  if (!table_->available_) return away();
  auto& own = table_->members_[context.str()][holder_];
  own = {holder_, 0, own.vocabulary};
  return {};
}

}  // namespace troupe::memory

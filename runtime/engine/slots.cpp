#include "runtime/engine/slots.hpp"

#include <numeric>
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

namespace troupe::engine {

Slots::Slots(Leases& leases, const Clock& clock, Token context, std::chrono::milliseconds ttl,
             Changed changed)
    : leases_(leases),
      clock_(clock),
      context_(std::move(context)),
      ttl_(ttl),
      changed_(std::move(changed)) {}

bool Slots::certain() const noexcept { return clock_.steady() - renewed_.load() < ttl_; }

void Slots::renew() {
  std::vector<std::uint32_t> wanted(slots_default);
  std::iota(wanted.begin(), wanted.end(), 0U);
  const auto asked_at = clock_.steady();
  const auto holding = leases_.hold(context_, wanted, ttl_);
  if (!holding) {
    if (!std::exchange(store_away_, true))
      spdlog::warn(
          "The leases of {} cannot be renewed ({}); this node keeps serving what it holds.",
          context_.str(), holding.error().what);
    return;
  }
  store_away_ = false;
  renewed_ = asked_at;
  std::array<bool, slots_default> now{};
  for (const auto slot : *holding) now.at(slot) = true;
  for (std::uint32_t slot = 0; slot < slots_default; ++slot) {
    if (held_[slot] == now[slot]) continue;
    held_[slot] = false;
    changed_(slot);
    held_[slot] = now[slot];
  }
}

void Slots::release() {
  std::vector<std::uint32_t> held;
  for (std::uint32_t slot = 0; slot < slots_default; ++slot)
    if (held_[slot].exchange(false)) held.push_back(slot);
  if (const auto released = leases_.release(context_, held); !released)
    spdlog::warn("The leases of {} were not given back ({}); they run out by themselves.",
                 context_.str(), released.error().what);
}

}  // namespace troupe::engine

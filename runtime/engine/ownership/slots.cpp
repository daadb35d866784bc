#include "runtime/engine/ownership/slots.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "runtime/ports/condition_kinds.hpp"

namespace troupe::engine {

Slots::Slots(Dependencies deps, Token context, LetGo let_go)
    : deps_(deps),
      context_(std::move(context)),
      let_go_(std::move(let_go)),
      epochs_(deps.options.slots),
      sure_from_(deps.options.slots),
      members_(deps.leases.self(), deps.options.suspect_after),
      slots_(deps.options.slots),
      differ_(deps.conditions, condition::slots_differ, context_.str()),
      not_agreed_(deps.conditions, condition::not_agreed, context_.str()),
      name_taken_(deps.conditions, condition::name_taken, context_.str()),
      unowned_(deps.conditions, condition::slots_unowned, context_.str()),
      not_renewed_(deps.conditions, condition::leases_not_renewed, context_.str()) {}

Slots::~Slots() {
  following_.reset();
  moves_->stop();
}

// ---- what others ask ----------------------------------------------------------------------------

bool Slots::certain(std::uint32_t slot) const noexcept {
  const auto now = deps_.clock.steady();
  return now - beat_at_.load() < deps_.options.suspect_after && now >= sure_from_[slot].load();
}

std::vector<std::uint32_t> Slots::held() const {
  std::vector<std::uint32_t> slots;
  for (std::uint32_t slot = 0; slot < count(); ++slot)
    if (holds(slot)) slots.push_back(slot);
  return slots;
}

// ---- the beat -----------------------------------------------------------------------------------

void Slots::beat() {
  if (forget_.exchange(false)) begin_anew();
  const auto asked_at = deps_.clock.steady();
  const bool fit = look_whether_fit(asked_at);
  if ((!agreed_ && !fit) || !agreed()) return;
  // A member that cannot take its share would leave it without an owner.
  if (!caught_up_already()) return complain("its claims cannot be followed yet");
  const auto members =
      deps_.leases.beat(context_, {fit, deps_.vocabulary}, members_.to_strike_off(asked_at));
  if (!members) {
    another_program_ = true;  // as far as anybody knows
    return complain(members.error().what);
  }
  const auto now = deps_.clock.steady();
  members_.heard(*members, now);
  another_program_ = members_.another_vocabulary(deps_.vocabulary, now);
  const auto patience = deps_.options.unfit_patience;
  if (!fit && now - unfit_since_ >= patience && members_.another_is_fit(now, patience)) retreat();
  if (fit && !open_to_all_.exchange(true)) moves_->post([this] { open_to_all(true); });
  const auto plan = this->plan(now, fit);
  auto wanted = plan.keep;
  wanted.insert(wanted.end(), plan.take.begin(), plan.take.end());
  const auto holding = deps_.leases.hold(context_, wanted, plan.displaced, deps_.options.lease_ttl);
  if (!holding) return complain(holding.error().what);

  const auto is_held = [&](std::uint32_t slot) { return std::ranges::count(*holding, slot) > 0; };
  // Somebody who took one of them believes that this node is dead, and may be right about others.
  if (fit && std::ranges::all_of(plan.keep, is_held)) beat_at_ = asked_at;
  for (const auto slot : plan.take)
    if (is_held(slot)) claim(slot);
  if (!plan.give.empty()) moves_->post([this, gifts = plan.give] { hand_over(gifts); });
  const std::lock_guard lock(mutex_);
  not_renewed_.clear();
  planned_ = planned_ || caught_up_;
  changed_.notify_all();
}

/// One that is not fit takes nothing, and says so in its beat: those that are take what it owns as
/// if it were dead. Where none is, all keep what they have. Whoever is fit again may be the first
/// of many, and judges the others anew.
bool Slots::look_whether_fit(SteadyTime now) {
  const bool fit = deps_.fit() && deps_.claims.reachable();
  if (fit && !fit_) members_.listen_anew(now);
  if (!fit && fit_) unfit_since_ = now;
  fit_ = fit;
  return fit;
}

/// Leaves what it runs, and commands for any slot, to others that do better.
void Slots::retreat() {
  if (open_to_all_.exchange(false)) {
    spdlog::warn("This node leaves {} to others, as it cannot serve what it owns.", context_.str());
    moves_->post([this] { open_to_all(false); });
  }
  std::vector<std::uint32_t> left;
  {
    const std::lock_guard lock(mutex_);
    for (std::uint32_t slot = 0; slot < count(); ++slot) {
      if (epochs_[slot].exchange(0) == 0) continue;
      slots_[slot].open = false;
      left.push_back(slot);
    }
  }
  if (left.empty()) return;
  moves_->post([this, left] {
    deps_.ingress.close(context_, left);
    for (const auto slot : left) let_go_(slot, nullptr);
  });
}

void Slots::open_to_all(bool open) {
  if (open != open_to_all_) return;
  const auto done = deps_.ingress.open_to_all(context_, open);
  if (done) return;
  spdlog::warn("Commands for any slot of {} do not come in yet: {}.", context_.str(),
               done.error().what);
  moves_->post_after(open_retry, [this, open] { open_to_all(open); });
}

void Slots::forget() {
  const std::lock_guard lock(mutex_);
  forget_ = true;
  settled_ = false;
  say_unowned();
}

/// REQUIRES: under the mutex.
void Slots::say_unowned() {
  unowned_.set("not every slot of " + context_.str() + " has an owner yet");
}

/// Epochs start lower than those that are known.
void Slots::begin_anew() {
  following_.reset();
  agreed_ = false;
  const std::lock_guard lock(mutex_);
  caught_up_ = false;
  for (std::uint32_t slot = 0; slot < count(); ++slot) {
    slots_[slot] = {};
    epochs_[slot] = 0;
    moves_->post([this, slot] { lose(slot); });
  }
}

/// Nothing is owned before the cluster's number of slots is known to be this node's.
bool Slots::agreed() {
  if (agreed_) return true;
  const auto slots = deps_.claims.agree_on_slots(count());
  if (!slots && slots.error().retryable) {
    complain(slots.error().what);
    return false;
  }
  if (!slots) {
    not_agreed_.set("this node owns nothing of " + context_.str() + ": " + slots.error().what);
    return false;
  }
  not_agreed_.clear();
  if (*slots != count()) {
    differ_.set("the cluster divides " + context_.str() + " into " + std::to_string(*slots)
                + " slots, this node is configured for " + std::to_string(count())
                + ": set cluster.slots = " + std::to_string(*slots) + " and restart it");
    return false;
  }
  agreed_ = true;
  following_ = deps_.claims.follow(context_, *this);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, catch_up_patience, [this] { return caught_up_; });
  return true;
}

bool Slots::caught_up_already() const {
  const std::lock_guard lock(mutex_);
  return caught_up_;
}

Slots::Plan Slots::plan(SteadyTime now, bool fit) {
  const auto alive = members_.alive(now);
  const auto& self = deps_.leases.self();
  Plan plan;
  if (fit) plan.displaced = members_.dead_ones(now);
  const std::lock_guard lock(mutex_);
  if (!caught_up_) return plan;
  if (const auto namesake = members_.namesake(now); !namesake.empty())
    name_taken_.set("another node is named " + node_of(self) + ", too (" + namesake
                    + "): give each node.name of its own");
  else
    name_taken_.clear();
  std::size_t moving = 0;
  for (const auto& slot : slots_) moving += slot.moving ? 1U : 0U;
  for (std::uint32_t i = 0; i < count(); ++i) {
    const auto& slot = slots_[i];
    const auto& owner = owner_of(i, alive);
    const bool is_mine = slot.claim.holder == self;
    if (!fit) {
      if (is_mine && holds(i)) plan.keep.push_back(i);
      continue;
    }
    if (!slot.claim.handed_over_by.empty() && is_mine)
      plan.displaced.push_back(slot.claim.handed_over_by);
    if (slot.moving) continue;
    if (is_mine && owner != self) {
      if (moving++ < moving_max) plan.give.push_back({i, owner});
      plan.keep.push_back(i);
    } else if (is_mine && holds(i)) {
      plan.keep.push_back(i);
    } else if (owner == self && !slot.claiming
               && (is_mine || slot.claim.holder.empty() || members_.dead(slot.claim.holder, now))) {
      plan.take.push_back(i);
    }
    if (!slot.claim.holder.empty() && members_.dead(slot.claim.holder, now))
      plan.displaced.push_back(slot.claim.holder);
  }
  std::ranges::sort(plan.displaced);
  const auto twice = std::ranges::unique(plan.displaced);
  plan.displaced.erase(twice.begin(), twice.end());
  settled_ = settled_ || (!forget_ && all_served([&](const std::string& holder) {
               return members_.surely_alive(holder, now);
             }));
  if (settled_) unowned_.clear();
  return plan;
}

/// A claim may be of one who died before this node could notice.
template <class IsAlive>
bool Slots::all_served(const IsAlive& is_alive) const {
  return std::ranges::all_of(slots_, [&](const Slot& slot) {
    if (slot.claim.holder.empty()) return false;
    return slot.claim.holder == deps_.leases.self() ? slot.open : is_alive(slot.claim.holder);
  });
}

void Slots::complain(const std::string& what) {
  not_renewed_.set("the leases of " + context_.str() + " cannot be renewed (" + what
                   + "); this node serves what it owns, and looks into the log before each answer");
}

// ---- taking and losing --------------------------------------------------------------------------

void Slots::claim(std::uint32_t slot) {
  Claim claim{.slot = slot, .epoch = 0, .holder = deps_.leases.self(), .handed_over_by = {}};
  std::uint64_t after = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& known = slots_[slot];
    known.claiming = true;
    after = known.claim.epoch;
  }
  deps_.claims.record(context_, claim, after,
                      [this, slot, moves = moves_](Result<std::uint64_t> recorded) {
                        if (recorded) return;  // following tells, in its order
                        moves->post([this, slot] {
                          const std::lock_guard lock(mutex_);
                          slots_[slot].claiming = false;
                          changed_.notify_all();
                        });
                      });
}

void Slots::claimed(const Claim& claim) {
  if (claim.slot >= count()) return;
  const std::lock_guard lock(mutex_);
  auto& slot = slots_[claim.slot];
  if (claim.epoch <= slot.claim.epoch) return;
  const auto& self = deps_.leases.self();
  const bool is_mine = claim.holder == self;
  if (is_mine && slot.claim.epoch != 0 && slot.claim.holder != self)
    sure_from_[claim.slot] = deps_.clock.steady() + 2 * deps_.options.lease_ttl;
  slot = {.claim = claim, .claiming = is_mine};  // until it is taken
  epochs_[claim.slot] = 0;
  if (is_mine)
    moves_->post([this, claim] { take(claim.slot, claim.epoch); });
  else  // it may be open from before
    moves_->post([this, claim] { lose(claim.slot); });
  changed_.notify_all();
}

void Slots::caught_up() {
  const std::lock_guard lock(mutex_);
  caught_up_ = true;
  changed_.notify_all();
}

/// What is still in memory of its instances may be old.
void Slots::take(std::uint32_t slot, std::uint64_t epoch) {
  let_go_(slot, nullptr);
  {
    const std::lock_guard lock(mutex_);
    if (slots_[slot].claim.epoch != epoch) return;
    epochs_[slot] = epoch;
    slots_[slot].claiming = false;
    changed_.notify_all();
  }
  if (const auto opened = deps_.ingress.open(context_, slot); !opened) {
    spdlog::warn("Commands for slot {} of {} do not come in yet: {}.", slot, context_.str(),
                 opened.error().what);
    return moves_->post_after(open_retry, [this, slot, epoch] { take(slot, epoch); });
  }
  const std::lock_guard lock(mutex_);
  slots_[slot].open = slots_[slot].claim.epoch == epoch;
  changed_.notify_all();
}

void Slots::lose(std::uint32_t slot) {
  if (holds(slot)) return;  // and had it again meanwhile
  deps_.ingress.close(context_, {slot});
  let_go_(slot, nullptr);
}

void Slots::wait_until_taken(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] {
    if (!deps_.fit() || differ_.holds() || not_agreed_.holds() || name_taken_.holds()) return true;
    if (!planned_) return false;
    return std::ranges::none_of(slots_, [this](const Slot& slot) {
      const bool on_its_way = slot.claim.holder == deps_.leases.self() && !slot.open;
      return slot.claiming || on_its_way;
    });
  });
  // Who else is alive only beats can show.
  settled_ = settled_ || all_served([](const std::string&) { return false; });
  if (!settled_) say_unowned();
}

// ---- handing over -------------------------------------------------------------------------------

void Slots::hand_over(const std::vector<Gift>& gifts) {
  std::vector<std::uint32_t> slots;
  std::vector<std::function<void()>> go_on;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& gift : gifts) {
      auto& known = slots_[gift.slot];
      if (known.moving || known.claim.holder != deps_.leases.self()) continue;
      known.moving = true;
      known.open = false;
      epochs_[gift.slot] = 0;
      slots.push_back(gift.slot);
      go_on.emplace_back([this, gift, after = known.claim.epoch] { give(gift, after); });
    }
  }
  deps_.ingress.close(context_, slots);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    moves_->post_after(deps_.options.hand_over_patience, go_on[i]);
    let_go_(slots[i], std::shared_ptr<void>(nullptr, [moves = moves_, next = go_on[i]](void*) {
              moves->post(next);
            }));
  }
}

/// Comes twice: when the last instance has left, and when that takes too long.
void Slots::give(const Gift& gift, std::uint64_t after) {
  {
    const std::lock_guard lock(mutex_);
    auto& known = slots_[gift.slot];
    if (!known.moving || known.claim.epoch != after || std::exchange(known.giving, true)) return;
  }
  const auto& self = deps_.leases.self();
  deps_.claims.record(
      context_, {.slot = gift.slot, .epoch = 0, .holder = gift.to, .handed_over_by = self}, after,
      [this, slot = gift.slot, after, moves = moves_](const Result<std::uint64_t>& recorded) {
        if (recorded) return;  // following tells
        moves->post([this, slot, after] {
          const std::lock_guard lock(mutex_);
          auto& known = slots_[slot];
          if (known.claim.epoch == after) known.moving = known.giving = false;
          changed_.notify_all();
        });
      });
}

/// False when some still are this node's at the deadline.
bool Slots::hand_over_and_wait(const std::vector<Gift>& gifts, SteadyTime deadline) {
  moves_->post([this, gifts] { hand_over(gifts); });
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] {
    return std::ranges::none_of(gifts, [&](const Gift& gift) {
      return slots_[gift.slot].claim.holder == deps_.leases.self();
    });
  });
}

void Slots::stop(std::chrono::milliseconds patience) {
  if (const auto left = deps_.leases.leave(context_); !left)
    spdlog::warn("{} is left without a word, others will find out ({}).", context_.str(),
                 left.error().what);
  auto others = members_.alive(deps_.clock.steady());
  std::erase(others, deps_.leases.self());
  const auto held = this->held();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  bool all = true;
  std::vector<Gift> gifts;  // a few at a time, so that each is without an owner for a moment only
  for (const auto slot : held) {
    gifts.push_back({slot, others.empty() ? std::string() : owner_of(slot, others)});
    if (gifts.size() < moving_max && slot != held.back()) continue;
    all &= hand_over_and_wait(std::exchange(gifts, {}), deadline);
  }
  if (!all)
    spdlog::warn("Some slots of {} were not handed over within {} ms.", context_.str(),
                 patience.count());
  following_.reset();
  moves_->stop();
  if (const auto released = deps_.leases.release(context_, held); !released)
    spdlog::warn("The leases of {} were not given back ({}); they run out by themselves.",
                 context_.str(), released.error().what);
}

}  // namespace troupe::engine

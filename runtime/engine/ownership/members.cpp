#include "runtime/engine/ownership/members.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/assert.hpp"

namespace troupe::engine {

namespace {

/// FNV-1a with a final mix, as names differ in their last character only. By the node's name: one
/// that comes back gets the same slots.
std::uint64_t weight(std::uint32_t slot, const std::string& holder) {
  std::uint64_t hash = 14695981039346656037ULL;
  const auto add = [&hash](unsigned char byte) {
    hash ^= byte;
    hash *= 1099511628211ULL;
  };
  for (const char c : node_of(holder)) add(static_cast<unsigned char>(c));
  for (int shift = 0; shift < 32; shift += 8) add(static_cast<unsigned char>(slot >> shift));
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  return hash ^ (hash >> 33);
}

}  // namespace

Members::Members(std::string self, std::chrono::milliseconds suspect_after)
    : self_(std::move(self)), suspect_after_(suspect_after) {}

void Members::heard(const std::vector<Member>& members, SteadyTime now) {
  if (heard_at_ == SteadyTime::min() || now - heard_at_ > suspect_after_) listening_since_ = now;
  heard_at_ = now;
  // Missing on the list is no sign of death: the store may have been emptied.
  std::erase_if(seen_, [&](const auto& one) {
    return now - one.second.changed >= forget_after * suspect_after_;
  });
  for (const auto& member : members) {
    const bool fit = member.beat != 0;
    const auto [found, is_new] = seen_.try_emplace(
        member.holder, Seen{.beat = member.beat, .changed = now, .fit_since = now, .fit = fit});
    auto& seen = found->second;
    seen.vocabulary = member.vocabulary;
    if (is_new || seen.beat == member.beat) continue;
    ++seen.changes;
    if (!seen.fit) seen.fit_since = now;
    seen.fit = fit;
    seen.beat = member.beat;
    seen.changed = now;
  }
}

std::vector<std::string> Members::alive(SteadyTime now) const {
  std::vector<std::string> holders;
  for (const auto& [holder, seen] : seen_)
    if (holder != self_ && seen.fit && now - seen.changed < suspect_after_)
      holders.push_back(holder);
  holders.insert(std::ranges::lower_bound(holders, self_), self_);
  return holders;
}

bool Members::dead(const std::string& holder, SteadyTime now) const {
  if (holder == self_ || heard_at_ == SteadyTime::min() || now - heard_at_ > suspect_after_)
    return false;
  if (now - listening_since_ < suspect_after_) return false;
  const auto seen = seen_.find(holder);
  return seen == seen_.end() || now - seen->second.changed >= suspect_after_;
}

bool Members::surely_alive(const std::string& holder, SteadyTime now) const {
  if (holder == self_) return true;
  const auto seen = seen_.find(holder);
  return seen != seen_.end() && seen->second.changes > 0 && seen->second.fit
         && now - seen->second.changed < suspect_after_;
}

std::vector<std::string> Members::dead_ones(SteadyTime now) const {
  std::vector<std::string> holders;
  for (const auto& [holder, seen] : seen_)
    if (dead(holder, now)) holders.push_back(holder);
  return holders;
}

std::vector<std::string> Members::to_strike_off(SteadyTime now) const {
  std::vector<std::string> holders;
  for (const auto& [holder, seen] : seen_)
    if (dead(holder, now) && now - seen.changed >= strike_off_after * suspect_after_)
      holders.push_back(holder);
  return holders;
}

bool Members::another_is_fit(SteadyTime now, std::chrono::milliseconds for_so_long) const {
  return std::ranges::any_of(seen_, [&](const auto& one) {
    const auto& [holder, seen] = one;
    return holder != self_ && seen.fit && now - seen.changed < suspect_after_
           && now - seen.fit_since >= for_so_long;
  });
}

bool Members::another_vocabulary(const std::string& own, SteadyTime now) const {
  if (heard_at_ == SteadyTime::min()) return true;
  return std::ranges::any_of(seen_, [&](const auto& one) {
    return one.first != self_ && one.second.vocabulary != own && !dead(one.first, now);
  });
}

std::string Members::namesake(SteadyTime now) const {
  for (const auto& [holder, seen] : seen_)
    if (holder != self_ && node_of(holder) == node_of(self_) && seen.changes > 0
        && now - seen.changed < suspect_after_)
      return holder;
  return {};
}

const std::string& owner_of(std::uint32_t slot, const std::vector<std::string>& alive) {
  TROUPE_ASSERT(!alive.empty(), "somebody asks, so somebody is alive");
  return *std::ranges::max_element(alive, {}, [slot](const std::string& holder) {
    return std::pair{weight(slot, holder), holder};
  });
}

}  // namespace troupe::engine

#include "runtime/engine/instances/instance_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/engine/instances/calling_thread.hpp"
#include "runtime/engine/instances/instance_actor.hpp"

namespace troupe::engine {

InstanceTable::InstanceTable(caf::actor_system& actors, const EngineOptions& options,
                             const Clock& clock, InFlight& in_flight)
    : actors_(actors), options_(options), clock_(clock), in_flight_(in_flight) {}

void InstanceTable::send(const std::shared_ptr<const InstanceKind>& kind, std::uint32_t slot,
                         Command command, CommandBus::Answered answered) {
  if (!in_flight_.enter())
    return answered(
        Rejected{RejectionCode::overloaded, "the node has too many commands in flight"});
  Rejected rejected;
  CallingThread here(actors_);
  {
    auto& shard = shard_of(slot);
    const std::lock_guard lock(shard.mutex);
    if (shard.closed) {
      rejected = {RejectionCode::unavailable, "the node stops and nothing was sent"};
    } else {
      auto& entry = entry_of(shard, kind, slot, command.instance);
      if (entry.presence->in_flight < options_.in_flight_per_instance_max) {
        watch(shard, entry, command.deadline);
        ++entry.presence->in_flight;
        here.send(entry.actor, Input{Waiting{std::move(command), std::move(answered)}});
        answered = nullptr;
      } else {
        rejected = {RejectionCode::overloaded, "too many commands wait for this instance"};
      }
    }
  }
  if (!answered) return here.run();
  in_flight_.leave();
  answered(std::move(rejected));
}

InstanceTable::Entry& InstanceTable::entry_of(Shard& shard,
                                              const std::shared_ptr<const InstanceKind>& kind,
                                              std::uint32_t slot, const Instance& instance) {
  auto subject = Subject::events(instance);
  if (const auto found = shard.by_subject.find(subject.str()); found != shard.by_subject.end()) {
    shard.entries.splice(shard.entries.end(), shard.entries, found->second);
  } else {
    const auto share = std::max<std::size_t>(options_.instances_max / shards_.size(), 1);
    make_room(shard, share - 1, shard.entries.size());
    auto presence = std::make_shared<Presence>(std::move(subject), slot, bytes_);
    auto actor = actors_.spawn<InstanceActor>(kind, presence);
    // Spawning leaves CAF's logger in this thread, and the actor system waits for it at its end;
    // some of our threads live longer.
    caf::logger::set_current_actor_system(nullptr);
    ++kind->counters.instances;
    shard.entries.push_back(
        {.kind = kind, .presence = std::move(presence), .actor = std::move(actor), .used = {}});
    const auto made = std::prev(shard.entries.end());
    shard.by_subject.emplace(made->presence->subject.str(), made);
  }
  auto& entry = shard.entries.back();
  entry.used = clock_.steady();
  return entry;
}

/// Few commands meet their deadline: a timer for each would cost more than the command itself.
void InstanceTable::watch(Shard& shard, const Entry& entry,
                          std::chrono::steady_clock::time_point deadline) {
  auto& presence = *entry.presence;
  if (!presence.watched || presence.in_flight == 0) presence.deadline = deadline;
  presence.deadline = std::min(presence.deadline, deadline);
  if (!std::exchange(presence.watched, true)) shard.busy.push_back({entry.presence, entry.actor});
}

void InstanceTable::look_after_deadlines() {
  const auto now = clock_.steady();
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    std::erase_if(shard.busy, [](const Busy& one) {
      one.presence->watched = one.presence->in_flight > 0;
      return !one.presence->watched;
    });
    for (const auto& one : shard.busy) {
      if (one.presence->deadline > now) continue;
      one.presence->deadline = now + tell_again_after;
      caf::anon_send(one.actor, Input{DeadlinePassed{}});
    }
  }
}

/// Each shard keeps its share of the node's bound. One that cannot, because all are busy, grows.
void InstanceTable::make_room(Shard& shard, std::size_t instances_max, std::size_t let_go_max) {
  const auto too_much = [&] {
    return shard.entries.size() > instances_max
           || bytes_ > static_cast<std::int64_t>(options_.instance_bytes_max);
  };
  std::size_t passed_over = 0;
  for (auto entry = shard.entries.begin(); too_much() && let_go_max > 0
                                           && entry != shard.entries.end()
                                           && passed_over < passed_over_max;) {
    if (entry->presence->may_leave()) {
      entry = let_go(shard, entry, {});
      --let_go_max;
    } else {
      ++entry;
      ++passed_over;
    }
  }
}

InstanceTable::Entries::iterator InstanceTable::let_go(Shard& shard, Entries::iterator entry,
                                                       const Leave& how) {
  caf::anon_send(entry->actor, Input{how});
  entry->presence->take(0);
  --entry->kind->counters.instances;
  shard.by_subject.erase(entry->presence->subject.str());
  return shard.entries.erase(entry);
}

/// One that nobody waits for any more is told to find out about its append, and asked again when it
/// has been idle once more.
InstanceTable::Entries::iterator InstanceTable::keep(Shard& shard, Entries::iterator entry) {
  const auto next = std::next(entry);
  if (entry->presence->in_flight > 0) return next;
  caf::anon_send(entry->actor, Input{Settle{}});
  entry->used = clock_.steady();
  shard.entries.splice(shard.entries.end(), shard.entries, entry);
  return next;
}

void InstanceTable::sweep() {
  const auto idle_since = clock_.steady() - options_.idle_after;
  ++swept_first_;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto& shard = shards_.at((swept_first_ + i) % shards_.size());
    const std::lock_guard lock(shard.mutex);
    for (auto entry = shard.entries.begin();
         entry != shard.entries.end() && entry->used < idle_since;)
      entry = entry->presence->may_leave() ? let_go(shard, entry, {}) : keep(shard, entry);
    // From each some, so that none loses what it has just used while others keep old ones.
    make_room(shard, shard.entries.size(), shard.entries.size() / swept_share + 1);
  }
}

void InstanceTable::drop(std::uint32_t slot, const Token& context,
                         const std::shared_ptr<void>& gone) {
  drop_those(shard_of(slot), {.at_once = false, .gone = gone}, [&](const Entry& entry) {
    return entry.presence->slot == slot && entry.kind->context == context.str();
  });
}

void InstanceTable::drop(const Token& context) {
  for (auto& shard : shards_)
    drop_those(shard, {}, [&](const Entry& entry) { return entry.kind->context == context.str(); });
}

template <class Meant>
void InstanceTable::drop_those(Shard& shard, const Leave& how, const Meant& meant) {
  const std::lock_guard lock(shard.mutex);
  for (auto entry = shard.entries.begin(); entry != shard.entries.end();)
    entry = meant(*entry) ? let_go(shard, entry, how) : std::next(entry);
}

void InstanceTable::close() {
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    shard.closed = true;
    while (!shard.entries.empty()) let_go(shard, shard.entries.begin(), {.at_once = true});
    // Some were let go before and still have commands in flight.
    for (const auto& one : shard.busy) caf::anon_send(one.actor, Input{Leave{.at_once = true}});
    shard.busy.clear();
  }
}

}  // namespace troupe::engine

// Finds or makes the actor of an instance, bounds what waits for it, and lets idle ones go.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <caf/all.hpp>

#include "runtime/engine/instances/instance_kind.hpp"
#include "runtime/engine/options/engine_options.hpp"
#include "runtime/ports/command_bus.hpp"

namespace troupe::engine {

/// In shards by slot, each with its own lock. Thread safety: any method from any thread.
class InstanceTable {
public:
  InstanceTable(caf::actor_system& actors, const EngineOptions& options, const Clock& clock,
                InFlight& in_flight);

  /// Hands the command to its instance, or rejects it at once at one of the bounds.
  void send(const std::shared_ptr<const InstanceKind>& kind, std::uint32_t slot, Command command,
            CommandBus::Answered answered);

  /// Tells instances that have not answered a command by its deadline. At most so late as the time
  /// between two calls.
  void look_after_deadlines();

  /// Lets instances go that have had nothing to do for long, and some more while all together take
  /// too much memory.
  void sweep();

  /// Lets the instances of a context's slot go, once they have answered. `gone` is let go of with
  /// the last of them.
  void drop(std::uint32_t slot, const Token& context, const std::shared_ptr<void>& gone);

  /// The same for all slots of a context.
  void drop(const Token& context);

  /// Answers whoever waits and lets everything go; afterwards every command is rejected.
  void close();

private:
  struct Entry {
    std::shared_ptr<const InstanceKind> kind;
    std::shared_ptr<Presence> presence;
    caf::actor actor;
    std::chrono::steady_clock::time_point used;
  };
  using Entries = std::list<Entry>;

  /// An instance that was sent a command since the last look, or had some in flight then.
  struct Busy {
    std::shared_ptr<Presence> presence;
    caf::actor actor;
  };

  struct Shard {
    std::mutex mutex;
    Entries entries;  // least recently used first
    std::vector<Busy> busy;
    std::unordered_map<std::string_view, Entries::iterator> by_subject;
    bool closed = false;
  };

  Shard& shard_of(std::uint32_t slot) { return shards_[slot % shards_.size()]; }
  Entry& entry_of(Shard& shard, const std::shared_ptr<const InstanceKind>& kind, std::uint32_t slot,
                  const Instance& instance);
  static void watch(Shard& shard, const Entry& entry,
                    std::chrono::steady_clock::time_point deadline);
  /// Lets at most `let_go_max` go.
  void make_room(Shard& shard, std::size_t instances_max, std::size_t let_go_max);
  template <class Meant>
  void drop_those(Shard& shard, const Leave& how, const Meant& meant);
  Entries::iterator keep(Shard& shard, Entries::iterator entry);
  Entries::iterator let_go(Shard& shard, Entries::iterator entry, const Leave& how);

  /// How many busy instances are passed over to find one that may leave.
  static constexpr std::size_t passed_over_max = 16;
  /// While all take too much memory each sweep lets this share of each shard go.
  static constexpr std::size_t swept_share = 8;
  /// One that still has commands in flight is told again after so long.
  static constexpr std::chrono::milliseconds tell_again_after{50};

  caf::actor_system& actors_;
  const EngineOptions& options_;
  const Clock& clock_;
  InFlight& in_flight_;
  std::atomic<std::int64_t> bytes_{0};  // of all instances, about
  std::array<Shard, slots_default> shards_;
  std::size_t swept_first_ = 0;  // of the thread that sweeps
};

}  // namespace troupe::engine

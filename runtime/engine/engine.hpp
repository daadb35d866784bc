// Runs the contexts of a node: instances, reactions, timers, effects, views and queries.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"
#include "runtime/engine/health/backlog_watch.hpp"
#include "runtime/engine/options/engine_options.hpp"
#include "runtime/ports/backlogs.hpp"
#include "runtime/ports/claims.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/command_bus.hpp"
#include "runtime/ports/conditions.hpp"
#include "runtime/ports/effects.hpp"
#include "runtime/ports/event_cursor.hpp"
#include "runtime/ports/event_log.hpp"
#include "runtime/ports/high_water_marks.hpp"
#include "runtime/ports/leases.hpp"
#include "runtime/ports/parked_events.hpp"
#include "runtime/ports/query_bus.hpp"
#include "runtime/ports/skips.hpp"
#include "runtime/ports/slot_ingress.hpp"
#include "runtime/ports/snapshots.hpp"
#include "runtime/ports/stream_inspector.hpp"
#include "runtime/ports/subscription.hpp"
#include "runtime/ports/timers.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::engine {

/// The world as the engine sees it. Everything outlives the engine.
struct Ports {
  EventLog& log;
  EventStreams& streams;
  Subscriptions& subscriptions;
  Timers& timers;
  ParkedEvents& parked;
  ViewStore& views;
  Snapshots& snapshots;
  Leases& leases;
  Claims& claims;
  SlotOwners& owners;  ///< of slots that this node does not own
  StreamInspector& inspector;
  HighWaterMarks& marks;
  Skips& skips;
  Effects& effects;
  const Clock& clock;
  Conditions& conditions;  ///< of the node
  Backlogs& backlogs;
};

/// Since start, of one context on this node.
struct ContextStats {
  std::string context;
  std::uint64_t instances = 0;  ///< in memory now
  std::uint64_t commands = 0;   ///< answered
  std::uint64_t refused = 0;    ///< answered 429 before they came to the engine; by who counts them
  std::uint64_t dropped = 0;    ///< not answered, likewise
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  std::uint64_t retries = 0;           ///< appends tried once more, commands sent once more
  std::uint64_t conflicts = 0;         ///< answers of the log
  std::uint64_t unknowns = 0;          ///< answers of the log
  std::uint64_t refusals = 0;          ///< appends that the log does not take
  std::uint64_t parked = 0;            ///< events
  std::uint64_t effects_in_hand = 0;   ///< calls that this node is busy with, now
  std::uint64_t view_position = 0;     ///< up to where all its views reflect the stream, now
  std::vector<std::uint32_t> slots{};  ///< that this node owns, now
  BacklogStats backlog{};              ///< of all nodes together, told by one of them
};

struct EngineStats {
  std::vector<ContextStats> contexts;
};

/// Thread safety: send, ask and stats from any thread, between start and stop and after stop (then
/// the answer is 503). start and stop once each, from one thread.
class Engine final : public CommandBus, public QueryBus {
public:
  Engine(EngineOptions options, Ports ports, std::vector<ContextModel> contexts);
  ~Engine() override;  ///< stops

  /// Takes slots, then starts deliveries, timers and views of each context whose log is sound.
  /// Fails only when a declaration cannot work; a store that is away is waited for in the
  /// background. `ingress` outlives stop().
  Result<void> start(SlotIngress& ingress);

  void send(Command command, CommandBus::Answered answered) override;
  void ask(QueryCall call, QueryBus::Answered answered) override;

  /// Whether another program may know a command or a query of the context that this one does not
  /// know. From the start on.
  bool another_program_runs(std::string_view context) const;

  EngineStats stats() const;

  /// Ends deliveries, hands its slots over while they finish what they have begun, each for a
  /// bounded time, and keeps snapshots. Afterwards no port is used any more.
  void stop();

private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace troupe::engine

// The world of an engine, without a server.
#pragma once

#include "runtime/engine/engine.hpp"
#include "runtime/memory/memory_ports.hpp"

namespace troupe::host {

/// What a node has for itself in a system in memory.
struct OwnPorts {
  Leases& leases;
  SlotOwners& owners;
  Effects& effects;
  Conditions& conditions;
  // Where a node sees something else than the others do: that.
  EventLog* log = nullptr;
  StreamInspector* inspector = nullptr;
  Claims* claims = nullptr;
};

/// What is shared, and what is the node's own. Both outlive the engine.
inline engine::Ports ports_in_memory(memory::MemoryPorts& shared, const OwnPorts& own) {
  return {.log = own.log ? *own.log : shared.log,
          .streams = shared.streams,
          .subscriptions = shared.subscriptions,
          .timers = shared.timers,
          .parked = shared.parked,
          .views = shared.views,
          .snapshots = shared.snapshots,
          .leases = own.leases,
          .claims = own.claims ? *own.claims : shared.claims,
          .owners = own.owners,
          .inspector = own.inspector ? *own.inspector : shared.inspector,
          .marks = shared.marks,
          .skips = shared.skips,
          .effects = own.effects,
          .clock = shared.clock,
          .conditions = own.conditions,
          .backlogs = shared.backlogs};
}

}  // namespace troupe::host

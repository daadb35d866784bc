// Every port in memory at once: what the nodes of one system share, in one process.
#pragma once

#include <memory>

#include "runtime/memory/broker.hpp"
#include "runtime/memory/memory_backlogs.hpp"
#include "runtime/memory/memory_claims.hpp"
#include "runtime/memory/memory_event_log.hpp"
#include "runtime/memory/memory_event_streams.hpp"
#include "runtime/memory/memory_high_water_marks.hpp"
#include "runtime/memory/memory_leases.hpp"
#include "runtime/memory/memory_parked_events.hpp"
#include "runtime/memory/memory_skips.hpp"
#include "runtime/memory/memory_snapshots.hpp"
#include "runtime/memory/memory_stream_inspector.hpp"
#include "runtime/memory/memory_subscriptions.hpp"
#include "runtime/memory/memory_timers.hpp"
#include "runtime/memory/memory_view_store.hpp"
#include "runtime/ports/clock.hpp"

namespace troupe::memory {

/// Each node has leases of its own in `lease_table`: MemoryLeases. Nodes are gone before it.
struct MemoryPorts {
  const SystemClock clock{};
  Broker broker{};
  MemoryEventLog log{broker};
  MemoryEventStreams streams{broker};
  MemorySubscriptions subscriptions{broker};
  MemoryTimers timers{broker, clock};
  MemoryParkedEvents parked{broker};
  MemoryBacklogs backlogs{broker};
  MemoryStreamInspector inspector{broker};
  MemoryViewStore views{};
  MemorySnapshots snapshots{};
  MemoryHighWaterMarks marks{};
  MemoryClaims claims{};
  MemorySkips skips{};
  std::shared_ptr<LeaseTable> lease_table = std::make_shared<LeaseTable>();
};

}  // namespace troupe::memory

// Every port in memory, as a backend of the contract suites.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

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

namespace troupe::test {

class InMemory {
public:
  Token context() const { return *Token::parse("memory"); }

  EventLog& log() { return log_; }
  EventStreams& streams() { return streams_; }
  Subscriptions& subscriptions() { return subscriptions_; }
  Timers& timers() { return timers_; }
  ParkedEvents& parked() { return parked_; }

  Claims& claims() { return claims_; }
  Skips& skips() { return skips_; }

  /// Stores a message past the log, as anybody may who can reach the server.
  void write(const std::string& subject, const std::string& bytes) {
    const auto stream = stream_name(StreamKind::events, context());
    if (!broker_.publish(stream, StoredSubject(subject), bytes)) throw std::runtime_error(subject);
  }

  ViewStore& views() { return views_; }
  void lose_checkpoint(const ViewName& view) { views_.lose_checkpoint(view); }
  Snapshots& snapshots() { return snapshots_; }
  Leases& leases() { return leases_; }
  StreamInspector& inspector() { return inspector_; }
  HighWaterMarks& marks() { return high_water_marks_; }
  /// The leases as another node sees them.
  std::unique_ptr<Leases> leases_of_another_node() {
    return std::make_unique<memory::MemoryLeases>(clock_, table_);
  }

private:
  const SystemClock clock_;
  memory::Broker broker_;
  memory::MemoryEventLog log_{broker_};
  memory::MemoryEventStreams streams_{broker_};
  memory::MemorySubscriptions subscriptions_{broker_};
  memory::MemoryTimers timers_{broker_, clock_};
  memory::MemoryParkedEvents parked_{broker_};
  memory::MemoryViewStore views_;
  memory::MemorySnapshots snapshots_;
  memory::MemoryStreamInspector inspector_{broker_};
  memory::MemoryHighWaterMarks high_water_marks_;
  const std::shared_ptr<memory::LeaseTable> table_ = std::make_shared<memory::LeaseTable>();
  memory::MemoryLeases leases_{clock_, table_};
  memory::MemoryClaims claims_;
  memory::MemorySkips skips_;
};

}  // namespace troupe::test

// Every port in memory, as a backend of the contract suites.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/memory/memory_ports.hpp"

namespace troupe::test {

class InMemory {
public:
  Token context() const { return *Token::parse("memory"); }

  EventLog& log() { return ports_.log; }
  EventStreams& streams() { return ports_.streams; }
  Subscriptions& subscriptions() { return ports_.subscriptions; }
  Timers& timers() { return ports_.timers; }
  ParkedEvents& parked() { return ports_.parked; }

  Claims& claims() { return ports_.claims; }
  Skips& skips() { return ports_.skips; }

  /// Stores a message past the log, as anybody may who can reach the server.
  void write(const std::string& subject, const std::string& bytes) {
    const auto stream = stream_name(StreamKind::events, context());
    if (!ports_.broker.publish(stream, StoredSubject(subject), bytes))
      throw std::runtime_error(subject);
  }

  ViewStore& views() { return ports_.views; }
  void lose_checkpoint(const ViewName& view) { ports_.views.lose_checkpoint(view); }
  Snapshots& snapshots() { return ports_.snapshots; }
  Leases& leases() { return leases_; }
  StreamInspector& inspector() { return ports_.inspector; }
  HighWaterMarks& marks() { return ports_.marks; }
  /// The leases as another node sees them.
  std::unique_ptr<Leases> leases_of_another_node() {
    return std::make_unique<memory::MemoryLeases>(ports_.clock, ports_.lease_table);
  }

private:
  memory::MemoryPorts ports_;
  memory::MemoryLeases leases_{ports_.clock, ports_.lease_table};
};

}  // namespace troupe::test

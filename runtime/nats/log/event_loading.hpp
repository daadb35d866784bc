// Loads one instance's commits from JetStream.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// Implements EventLog::load. Steps follow each other by callbacks; each brings at least one commit
/// or is the last.
void load_commits(StreamLeaders& leaders, const Subject& subject, std::string stream,
                  std::uint64_t after, EventLog::Loaded done);

}  // namespace troupe::nats

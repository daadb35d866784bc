// Reads some of one instance's earlier commits from JetStream.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/ports/event_log.hpp"

namespace troupe::nats {

/// Implements EventLog::load_before.
void load_commits_before(StreamLeaders& leaders, const Subject& subject, std::string stream,
                         std::uint64_t before, EventLog::Loaded done);

/// Implements EventLog::load_at.
void load_commits_at(StreamLeaders& leaders, const Subject& subject, std::string stream,
                     const std::vector<std::uint64_t>& sequences, EventLog::Loaded done);

}  // namespace troupe::nats

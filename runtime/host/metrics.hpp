// What a node counts, in Prometheus's text format.
#pragma once

#include <string>

#include "runtime/engine/engine.hpp"

namespace troupe::host {

/// Every figure of /info as a metric named troupe_…, labelled with node and context. Also
/// troupe_ready, and per context troupe_context_ready and troupe_leases_renewed: 0 while the store
/// of leases is away and the node goes on with what it owns.
std::string metrics_text(const std::string& node, bool ready, const engine::EngineStats& stats);

}  // namespace troupe::host

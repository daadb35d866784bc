// What a node counts, in Prometheus's text format.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/engine.hpp"
#include "runtime/nats/service/ingress.hpp"
#include "runtime/ports/conditions.hpp"

namespace troupe::host {

/// Every figure of /info as a metric named troupe_…, labelled with node and, where it is of one,
/// context, and troupe_ready. What waits in a context's streams outlives every node and is told by
/// one of those that run it: troupe_consumer_pending, troupe_open_effects and troupe_parked_events,
/// each with …_oldest_timestamp_seconds. Of the conditions, by code, context (empty: the whole
/// node) and severity, troupe_condition says of how many parts each holds, and
/// troupe_condition_since_timestamp_seconds since when the oldest does; what does not hold has no
/// sample.
std::string metrics_text(const std::string& node, const engine::EngineStats& stats,
                         const std::vector<Condition>& conditions,
                         const nats::IngressStats& ingress = {});

}  // namespace troupe::host

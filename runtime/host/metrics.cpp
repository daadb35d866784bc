#include "runtime/host/metrics.hpp"

#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace troupe::host {

namespace {

using engine::ContextStats;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;

/// A number that stands in the stats as it is.
struct Figure {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t ContextStats::*value;
};

const Figure figures[] = {
    {"troupe_instances", "Aggregate instances in memory", gauge, &ContextStats::instances},
    {"troupe_commands_total", "Commands answered", counter, &ContextStats::commands},
    {"troupe_commits_total", "Commits stored", counter, &ContextStats::commits},
    {"troupe_events_total", "Events stored", counter, &ContextStats::events},
    {"troupe_retries_total", "Appends and commands sent again", counter, &ContextStats::retries},
    {"troupe_conflicts_total", "Appends that met another's", counter, &ContextStats::conflicts},
    {"troupe_unknowns_total", "Appends to be read back", counter, &ContextStats::unknowns},
    {"troupe_parked_total", "Events parked", counter, &ContextStats::parked},
    {"troupe_open_effects", "Calls without an outcome", gauge, &ContextStats::open_effects},
    {"troupe_view_position", "Up to where all views are", gauge, &ContextStats::view_position},
};

/// One that is derived.
struct Judgement {
  const char* name;
  const char* help;
  double (*of)(const ContextStats&);
};

const Judgement judgements[] = {
    {"troupe_slots_owned", "Slots this node owns",
     [](const auto& stats) { return static_cast<double>(stats.slots.size()); }},
    {"troupe_leases_renewed", "0 while leases cannot be renewed",
     [](const auto& stats) { return stats.remark.empty() ? 1.0 : 0.0; }},
    {"troupe_context_ready", "0 while the context keeps the node from being ready",
     [](const auto& stats) {
       return stats.doubt.empty() && stats.trouble.empty() && stats.alarms.empty() ? 1.0 : 0.0;
     }},
    {"troupe_alarms", "What has stopped for good",
     [](const auto& stats) { return static_cast<double>(stats.alarms.size()); }},
};

ClientMetric sample(MetricType type, double value, std::vector<ClientMetric::Label> labels) {
  ClientMetric metric;
  metric.label = std::move(labels);
  if (type == counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  return metric;
}

}  // namespace

std::string metrics_text(const std::string& node, bool ready, const engine::EngineStats& stats) {
  std::vector<MetricFamily> families{{.name = "troupe_ready",
                                      .help = "1 when the node serves",
                                      .type = gauge,
                                      .metric = {sample(gauge, ready ? 1 : 0, {{"node", node}})}}};
  const auto add = [&](const char* name, const char* help, MetricType type, const auto& value_of) {
    auto& family =
        families.emplace_back(MetricFamily{.name = name, .help = help, .type = type, .metric = {}});
    for (const auto& context : stats.contexts)
      family.metric.push_back(
          sample(type, value_of(context), {{"context", context.context}, {"node", node}}));
  };
  for (const auto& [name, help, type, value] : figures)
    add(name, help, type,
        [value = value](const auto& context) { return static_cast<double>(context.*value); });
  for (const auto& [name, help, of] : judgements) add(name, help, gauge, of);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::host

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

struct Figure {
  const char* name;
  const char* help;
  MetricType type;
  double (*of)(const ContextStats&);
};

double number(std::uint64_t value) { return static_cast<double>(value); }

constexpr auto counter = MetricType::Counter;
constexpr auto gauge = MetricType::Gauge;

const Figure figures[] = {
    {"troupe_instances", "Aggregate instances in memory", gauge,
     [](const ContextStats& stats) { return number(stats.instances); }},
    {"troupe_commands_total", "Commands answered", counter,
     [](const ContextStats& stats) { return number(stats.commands); }},
    {"troupe_commits_total", "Commits stored", counter,
     [](const ContextStats& stats) { return number(stats.commits); }},
    {"troupe_events_total", "Events stored", counter,
     [](const ContextStats& stats) { return number(stats.events); }},
    {"troupe_retries_total", "Appends and commands sent once more", counter,
     [](const ContextStats& stats) { return number(stats.retries); }},
    {"troupe_conflicts_total", "Appends that met another writer's", counter,
     [](const ContextStats& stats) { return number(stats.conflicts); }},
    {"troupe_unknowns_total", "Appends whose outcome had to be read back", counter,
     [](const ContextStats& stats) { return number(stats.unknowns); }},
    {"troupe_parked_total", "Events parked", counter,
     [](const ContextStats& stats) { return number(stats.parked); }},
    {"troupe_open_effects", "Calls to the outside world without an outcome", gauge,
     [](const ContextStats& stats) { return number(stats.open_effects); }},
    {"troupe_view_position", "Stream sequence up to which all views are", gauge,
     [](const ContextStats& stats) { return number(stats.view_position); }},
    {"troupe_slots_owned", "Slots this node owns", gauge,
     [](const ContextStats& stats) { return number(stats.slots.size()); }},
    {"troupe_leases_renewed", "0 while leases cannot be renewed", gauge,
     [](const ContextStats& stats) { return stats.remark.empty() ? 1.0 : 0.0; }},
    {"troupe_log_sound", "0 while it is not known whether the log is sound", gauge,
     [](const ContextStats& stats) { return stats.doubt.empty() ? 1.0 : 0.0; }},
    {"troupe_alarms", "What has stopped for good", gauge,
     [](const ContextStats& stats) { return number(stats.alarms.size()); }},
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
  for (const auto& figure : figures) {
    auto& family = families.emplace_back(
        MetricFamily{.name = figure.name, .help = figure.help, .type = figure.type, .metric = {}});
    for (const auto& context : stats.contexts)
      family.metric.push_back(
          sample(figure.type, figure.of(context), {{"context", context.context}, {"node", node}}));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::host

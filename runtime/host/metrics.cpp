#include "runtime/host/metrics.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>
#include <utility>
#include <vector>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <spdlog/fmt/fmt.h>

#include "runtime/host/health_report.hpp"

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
    {"troupe_refused_total", "Requests refused unread", counter, &ContextStats::refused},
    {"troupe_dropped_total", "Requests dropped unread", counter, &ContextStats::dropped},
    {"troupe_commits_total", "Commits stored", counter, &ContextStats::commits},
    {"troupe_events_total", "Events stored", counter, &ContextStats::events},
    {"troupe_retries_total", "Appends and commands sent again", counter, &ContextStats::retries},
    {"troupe_conflicts_total", "Appends that met another's", counter, &ContextStats::conflicts},
    {"troupe_unknowns_total", "Appends to be read back", counter, &ContextStats::unknowns},
    {"troupe_refusals_total", "Appends that the log refuses", counter, &ContextStats::refusals},
    {"troupe_parked_total", "Events parked", counter, &ContextStats::parked},
    {"troupe_effects_in_hand", "Calls that this node is busy with", gauge,
     &ContextStats::effects_in_hand},
    {"troupe_view_position", "Up to where all views are", gauge, &ContextStats::view_position},
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

double seconds(Time time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

/// Those of one code, context and severity.
struct Held {
  double parts = 0;
  Time since = Time::max();
};

/// What can be alerted upon: one series for each code and context, not for each part.
void add_conditions(const std::string& node, const std::vector<Condition>& conditions,
                    std::vector<MetricFamily>& families) {
  std::map<std::tuple<std::string, std::string, std::string>, Held> all;
  for (const auto& condition : conditions) {
    auto& held = all[{condition.code, condition.context, name_of(condition.severity)}];
    ++held.parts;
    held.since = std::min(held.since, condition.since);
  }
  MetricFamily holds{.name = "troupe_condition",
                     .help = "Of how many parts a condition holds",
                     .type = gauge,
                     .metric = {}};
  MetricFamily since{.name = "troupe_condition_since_timestamp_seconds",
                     .help = "Since when a condition holds, of its oldest part",
                     .type = gauge,
                     .metric = {}};
  for (const auto& [key, held] : all) {
    const auto& [code, context, severity] = key;
    const std::vector<ClientMetric::Label> labels{
        {"code", code}, {"context", context}, {"node", node}, {"severity", severity}};
    holds.metric.push_back(sample(gauge, held.parts, labels));
    since.metric.push_back(sample(gauge, seconds(held.since), labels));
  }
  families.push_back(std::move(holds));
  families.push_back(std::move(since));
}

/// What waits in a context's streams, told by one node of all that run it.
class BacklogFamilies {
public:
  BacklogFamilies(const char* name, const char* what)
      : count_{.name = name, .help = what, .type = gauge, .metric = {}},
        oldest_{.name = fmt::format("{}_oldest_timestamp_seconds", name),
                .help = fmt::format("{}, since when the oldest does", what),
                .type = gauge,
                .metric = {}} {}

  void add(const Pending& pending, const std::vector<ClientMetric::Label>& labels) {
    count_.metric.push_back(sample(gauge, static_cast<double>(pending.count), labels));
    if (pending.oldest) oldest_.metric.push_back(sample(gauge, seconds(*pending.oldest), labels));
  }
  void move_to(std::vector<MetricFamily>& families) {
    families.push_back(std::move(count_));
    families.push_back(std::move(oldest_));
  }

private:
  MetricFamily count_;
  MetricFamily oldest_;
};

void add_backlogs(const std::string& node, const engine::EngineStats& stats,
                  std::vector<MetricFamily>& families) {
  BacklogFamilies consumers("troupe_consumer_pending", "Deliveries that wait");
  BacklogFamilies effects("troupe_open_effects", "Calls that have no outcome");
  BacklogFamilies parked("troupe_parked_events", "Events that are parked");
  for (const auto& context : stats.contexts) {
    const auto& backlog = context.backlog;
    for (const auto& [consumer, pending] : backlog.consumers)
      consumers.add(pending,
                    {{"consumer", consumer}, {"context", context.context}, {"node", node}});
    for (const auto& [effect, pending] : backlog.effects)
      effects.add(pending, {{"context", context.context}, {"effect", effect}, {"node", node}});
    if (backlog.parked) parked.add(*backlog.parked, {{"context", context.context}, {"node", node}});
  }
  for (auto* family : {&consumers, &effects, &parked}) family->move_to(families);
}

}  // namespace

std::string metrics_text(const std::string& node, const engine::EngineStats& stats,
                         const std::vector<Condition>& conditions,
                         const nats::IngressStats& ingress) {
  std::vector<MetricFamily> families;
  const auto add_one = [&](const char* name, const char* help, MetricType type, double value) {
    families.push_back({.name = name,
                        .help = help,
                        .type = type,
                        .metric = {sample(type, value, {{"node", node}})}});
  };
  add_one("troupe_ready", "1 when the node serves", gauge, any_unready(conditions) ? 0 : 1);
  add_one("troupe_reply_subjects_refused_total", "Requests not taken, as they name no inbox",
          counter, static_cast<double>(ingress.reply_subjects_refused));
  add_one("troupe_answers_unsent_total", "Answers that could not be sent as they were", counter,
          static_cast<double>(ingress.answers_unsent));
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
  add("troupe_slots_owned", "Slots this node owns", gauge,
      [](const auto& context) { return static_cast<double>(context.slots.size()); });
  add("troupe_context_ready", "0 while the context keeps the node from being ready", gauge,
      [&](const auto& context) {
        return std::ranges::none_of(conditions, [&](const Condition& one) {
          return one.severity == Severity::unready && one.context == context.context;
        });
      });
  add_backlogs(node, stats, families);
  add_conditions(node, conditions, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace troupe::host

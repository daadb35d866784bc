#include "runtime/host/node.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>

#include <spdlog/spdlog.h>
#include <nlohmann/json.hpp>

#include "runtime/base/secrets.hpp"
#include "runtime/engine/declarations.hpp"
#include "runtime/engine/engine.hpp"
#include "runtime/host/durability.hpp"
#include "runtime/host/effects_by_name.hpp"
#include "runtime/host/health_report.hpp"
#include "runtime/host/health_server.hpp"
#include "runtime/host/metrics.hpp"
#include "runtime/host/program_fingerprint.hpp"
#include "runtime/host/upgrade.hpp"
#include "runtime/nats/claims/jetstream_claims.hpp"
#include "runtime/nats/claims/jetstream_skips.hpp"
#include "runtime/nats/claims/system_id.hpp"
#include "runtime/nats/client/rights.hpp"
#include "runtime/nats/client/subscription_room.hpp"
#include "runtime/nats/deliveries/jetstream_backlogs.hpp"
#include "runtime/nats/deliveries/jetstream_parked_events.hpp"
#include "runtime/nats/deliveries/jetstream_subscriptions.hpp"
#include "runtime/nats/deliveries/jetstream_timers.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/nats/log/jetstream_event_log.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "runtime/nats/log/jetstream_inspector.hpp"
#include "runtime/nats/requests/slot_owners.hpp"
#include "runtime/nats/service/ingress.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/redis/check_redis.hpp"
#include "runtime/redis/redis_high_water_marks.hpp"
#include "runtime/redis/redis_leases.hpp"
#include "runtime/redis/redis_snapshots.hpp"
#include "runtime/redis/redis_view_store.hpp"

namespace troupe::host {

namespace {

const SystemClock machine_clock;

/// The model of each context the configuration names.
Result<std::vector<ContextModel>> chosen(const std::vector<std::string>& names,
                                         const std::vector<ContextModel>& known) {
  std::vector<ContextModel> models;
  for (const auto& name : names) {
    const auto model = std::ranges::find(known, name, &ContextModel::name);
    if (model == known.end()) {
      std::string all;
      for (const auto& context : known) all += (all.empty() ? "" : ", ") + context.name;
      return permanent("node.contexts names \"" + name + "\", but there are only: " + all);
    }
    models.push_back(*model);
  }
  return models;
}

/// Another order of the servers on each node, so that all get their share.
std::string in_any_order(const std::string& urls) {
  std::vector<std::string> each;
  for (std::size_t begin = 0; begin <= urls.size();) {
    const auto end = std::min(urls.find(',', begin), urls.size());
    each.push_back(urls.substr(begin, end - begin));
    begin = end + 1;
  }
  std::ranges::shuffle(each, std::random_device());
  std::string text;
  for (const auto& url : each) text += (text.empty() ? "" : ",") + url;
  return text;
}

nats::ConnectionOptions connection_options(const NodeConfig& config, const std::string& purpose) {
  return {.url = config.nats_url,
          .name = config.name + " " + purpose,
          .inbox_prefix = config.inbox_prefix,
          .security = config.nats_security};
}

/// Several connections, so that a slow reader cannot delay acknowledgements; all to one server, as
/// one that is cut off from the others then concerns a third of the nodes and not each in part.
struct Connections {
  std::unique_ptr<nats::Connection> ingress;
  std::unique_ptr<nats::Connection> appends;
  std::unique_ptr<nats::Connection> reads;
  std::unique_ptr<nats::Connection> deliveries;
  std::unique_ptr<nats::Connection> slots;

  static Result<Connections> open(const NodeConfig& config,
                                  const std::shared_ptr<nats::Forbidden>& forbidden) {
    Connections all;
    const auto urls = in_any_order(config.nats_url);
    for (const auto& [connection, purpose] :
         {std::pair{&all.ingress, "ingress"}, std::pair{&all.appends, "appends"},
          std::pair{&all.reads, "reads"}, std::pair{&all.deliveries, "deliveries"},
          std::pair{&all.slots, "slots"}}) {
      auto options = connection_options(config, purpose);
      options.url = urls;
      options.in_order = true;
      options.forbidden = [forbidden](const std::string& what) { forbidden->heard(what); };
      options.shared_threads = connection == &all.slots;
      auto opened = nats::Connection::open(std::move(options));
      if (!opened) return tl::make_unexpected(opened.error());
      *connection = std::move(*opened);
    }
    return all;
  }

  std::vector<nats::Connection*> all() const {
    return {ingress.get(), appends.get(), reads.get(), deliveries.get(), slots.get()};
  }

  bool connected() const {
    return ingress->connected() && appends->connected() && reads->connected()
           && deliveries->connected() && slots->connected();
  }
};

Result<void> prepare_streams(nats::Connection& connection, const NodeConfig& config,
                             const std::vector<ContextModel>& known) {
  if (auto server = nats::check_server(connection); !server) return server;
  // All contexts' streams, not only this node's: its reactions listen to the others', whose nodes
  // may start later.
  for (const auto& context : known) {
    auto ready = nats::ensure_streams(connection, *Token::parse(context.name), config.replicas);
    if (!ready) return ready;
  }
  return {};
}

/// Of the contexts that this node runs.
std::vector<nlohmann::json> wanted_streams(const std::vector<ContextModel>& models, int replicas) {
  std::vector<nlohmann::json> all;
  for (const auto& model : models)
    for (auto& stream : nats::wanted_streams(*Token::parse(model.name), replicas))
      all.push_back(std::move(stream));
  return all;
}

engine::EngineOptions engine_options(const NodeConfig& config,
                                     const std::vector<ContextModel>& models) {
  engine::EngineOptions options;
  options.node = config.name;
  if (std::ranges::any_of(models, &std::string::empty, &ContextModel::fingerprint))
    options.program = program_fingerprint();
  options.instances_max = config.live_max;
  options.instance_bytes_max = config.live_mb_max << 20;
  options.idle_after = std::chrono::seconds(config.idle_seconds);
  options.snapshot_every = config.snapshot_every;
  options.slots = static_cast<std::uint32_t>(config.slots);
  return options;
}

/// Other nodes forward commands, and clients ask, with inboxes of their own.
std::vector<std::string> reply_prefixes(const NodeConfig& config) {
  auto all = config.reply_prefixes;
  all.push_back(config.inbox_prefix);
  return all;
}

std::uint64_t instances(const engine::EngineStats& stats, std::string_view context) {
  const auto found = std::ranges::find(stats.contexts, context, &engine::ContextStats::context);
  return found == stats.contexts.end() ? 0 : found->instances;
}

/// Servers that are there and fit.
struct Servers {
  Connections connections;
  std::string system;  ///< that they hold
  std::string durability;
};

Result<Servers> find_servers(const NodeConfig& config, const redis::RedisOptions& redis,
                             const std::vector<ContextModel>& known,
                             const std::vector<ContextModel>& chosen,
                             const std::shared_ptr<nats::Forbidden>& forbidden) {
  if (auto usable = redis::check_redis(redis); !usable) return tl::make_unexpected(usable.error());
  auto connections = Connections::open(config, forbidden);
  if (!connections) return tl::make_unexpected(connections.error());
  if (auto ready = prepare_streams(*connections->reads, config, known); !ready)
    return tl::make_unexpected(ready.error());
  if (auto allowed = nats::exercise_rights(*connections->reads, chosen, *forbidden); !allowed)
    return tl::make_unexpected(allowed.error());
  auto system = nats::agree_on_system(*connections->reads, nats::new_system(config.name));
  if (!system) return tl::make_unexpected(system.error());
  // A node may come to own every slot of its contexts.
  if (auto room = nats::check_subscription_room(connection_options(config, "slots, a first look"),
                                                config.slots * config.contexts.size());
      !room)
    return tl::make_unexpected(room.error());
  auto durability =
      verified_durability(config.durability, config.replicas, config.nats_monitoring_urls);
  if (!durability) return tl::make_unexpected(durability.error());
  return Servers{std::move(*connections), std::move(*system), std::move(*durability)};
}

/// A node that has no servers yet: all it does is say why.
HealthSources waiting(const std::string& node, const Conditions& conditions) {
  return {.readiness = [&conditions] { return readiness_of(conditions.all()); },
          .info =
              [&conditions, node] {
                return nlohmann::json{{"node", node},
                                      {"conditions", conditions_json(conditions.all())}}
                    .dump();
              },
          .metrics = [&conditions, node] { return metrics_text(node, {}, conditions.all()); }};
}

/// Another cause is another wait: it is logged, too.
void wait_because(const std::string& what, OwnCondition& waits) {
  if (waits.sentence() != what) waits.clear();
  waits.set(what);
}

constexpr std::chrono::milliseconds look_for_servers_every{500};

class RunningNode final : public Node {
public:
  RunningNode(NodeConfig config, redis::RedisOptions redis, Servers servers,
              std::vector<ContextModel> models, std::shared_ptr<Conditions> conditions)
      : config_(std::move(config)),
        conditions_(std::move(conditions)),
        redis_(std::move(redis)),
        system_(std::move(servers.system)),
        durability_(std::move(servers.durability)),
        connections_(std::move(servers.connections)),
        leaders_(*connections_.reads),
        log_(*connections_.appends, leaders_),
        streams_(leaders_),
        subscriptions_(*connections_.deliveries),
        timers_(*connections_.deliveries),
        parked_(leaders_),
        views_(redis_, redis::Keys(system_)),
        snapshots_(redis_, redis::Keys(system_)),
        leases_(redis_, redis::Keys(system_), config_.name),
        claims_(*connections_.slots, {.id = system_, .node = config_.name}),
        owners_(*connections_.ingress),
        inspector_(leaders_, connections_.all(), wanted_streams(models, config_.replicas)),
        high_water_marks_(redis_, redis::Keys(system_)),
        skips_(*connections_.slots),
        backlogs_(*connections_.reads),
        models_(std::move(models)) {
    for (auto* connection : connections_.all())
      watching_.push_back(connection->watch([this](bool) { look_at_connections(); }));
    look_at_connections();
  }
  ~RunningNode() override { stop(); }

  Result<void> start(PortsByName ports) {
    effects_ = std::make_unique<EffectsByName>(std::move(ports), *connections_.deliveries);
    remove_what_earlier_versions_left(redis_, inspector_, high_water_marks_, models_);
    engine_ = std::make_unique<engine::Engine>(engine_options(config_, models_),
                                               engine::Ports{.log = log_,
                                                             .streams = streams_,
                                                             .subscriptions = subscriptions_,
                                                             .timers = timers_,
                                                             .parked = parked_,
                                                             .views = views_,
                                                             .snapshots = snapshots_,
                                                             .leases = leases_,
                                                             .claims = claims_,
                                                             .owners = owners_,
                                                             .inspector = inspector_,
                                                             .marks = high_water_marks_,
                                                             .skips = skips_,
                                                             .effects = *effects_,
                                                             .clock = machine_clock,
                                                             .conditions = *conditions_,
                                                             .backlogs = backlogs_},
                                               models_);
    ingress_ = std::make_unique<nats::Ingress>(
        nats::IngressConnections{*connections_.ingress, *connections_.slots},
        nats::IngressOptions{.node = config_.name,
                             .durability = durability_,
                             .slots = static_cast<std::uint32_t>(config_.slots),
                             .reply_prefixes = reply_prefixes(config_)},
        models_, *engine_, *engine_,
        nats::Ingress::Questions{
            .instances =
                [this](const std::string& context) { return instances(engine_->stats(), context); },
            .another_program =
                [this](const std::string& context) {
                  return engine_->another_program_runs(context);
                }},
        *conditions_);
    if (auto started = engine_->start(*ingress_); !started) return started;
    return ingress_->open();
  }

  /// Keeps the server, which may be none.
  void show_health(std::unique_ptr<HealthServer> health) {
    health_ = std::move(health);
    if (!health_) return;
    health_->show({.readiness = [this] { return readiness_of(conditions_->all()); },
                   .info = [this] { return info(); },
                   .metrics =
                       [this] {
                         return metrics_text(config_.name, stats(), conditions_->all(),
                                             ingress_->stats());
                       }});
  }

  void stop() override {
    if (stopped_.exchange(true)) return;
    conditions_->mute();
    health_.reset();
    if (ingress_) ingress_->drain();
    if (engine_) engine_->stop();
    ingress_.reset();
  }

private:
  /// Also from threads of the connections.
  void look_at_connections() {
    const std::lock_guard lock(looking_);
    if (connections_.connected())
      away_.clear();
    else
      away_.set("NATS at " + redacted(config_.nats_url) + " is away");
  }

  engine::EngineStats stats() const {
    auto stats = engine_->stats();
    for (auto& context : stats.contexts) {
      const auto overload = ingress_->overload(context.context);
      context.refused = overload.refused;
      context.dropped = overload.dropped;
    }
    return stats;
  }

  std::string info() const {
    nlohmann::json info{{"node", config_.name},
                        {"system", system_},
                        {"durability", durability_},
                        {"conditions", conditions_json(conditions_->all())},
                        {"reply_subjects_refused", ingress_->stats().reply_subjects_refused},
                        {"answers_unsent", ingress_->stats().answers_unsent}};
    for (const auto& stats : stats().contexts)
      info["contexts"][stats.context] = {{"instances", stats.instances},
                                         {"commands", stats.commands},
                                         {"refused", stats.refused},
                                         {"dropped", stats.dropped},
                                         {"commits", stats.commits},
                                         {"events", stats.events},
                                         {"retries", stats.retries},
                                         {"conflicts", stats.conflicts},
                                         {"unknowns", stats.unknowns},
                                         {"refusals", stats.refusals},
                                         {"parked", stats.parked},
                                         {"effects_in_hand", stats.effects_in_hand},
                                         {"view_position", stats.view_position},
                                         {"slots", stats.slots}};
    return info.dump();
  }

  const NodeConfig config_;
  const std::shared_ptr<Conditions> conditions_;
  OwnCondition away_{*conditions_, condition::nats_away, ""};
  const redis::RedisOptions redis_;
  const std::string system_;
  const std::string durability_;
  Connections connections_;
  std::mutex looking_;                           // two looks do not overtake each other
  std::vector<std::shared_ptr<void>> watching_;  // the connections
  nats::StreamLeaders leaders_;
  nats::JetStreamEventLog log_;
  nats::JetStreamEventStreams streams_;
  nats::JetStreamSubscriptions subscriptions_;
  nats::JetStreamTimers timers_;
  nats::JetStreamParkedEvents parked_;
  redis::RedisViewStore views_;
  redis::RedisSnapshots snapshots_;
  redis::RedisLeases leases_;
  nats::JetStreamClaims claims_;
  nats::RequestSlotOwners owners_;
  nats::JetStreamInspector inspector_;
  redis::RedisHighWaterMarks high_water_marks_;
  nats::JetStreamSkips skips_;
  nats::JetStreamBacklogs backlogs_;
  std::unique_ptr<EffectsByName> effects_;
  const std::vector<ContextModel> models_;
  // Stopped in the reverse order: no more health answers, then no more commands, then the engine.
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<nats::Ingress> ingress_;
  std::unique_ptr<HealthServer> health_;
  std::atomic<bool> stopped_{false};
};

}  // namespace

Result<std::unique_ptr<Node>> Node::start(NodeConfig config, const Program& program,
                                          const GivenUp& given_up) {
  const auto& known = program.contexts;
  if (const auto checked = engine::check_declarations(known); !checked)
    return tl::make_unexpected(checked.error());
  auto models = chosen(config.contexts, known);
  if (!models) return tl::make_unexpected(models.error());
  auto ports = make_ports(*models, program, config.own);
  if (!ports) return tl::make_unexpected(ports.error());
  const auto redis = redis::parse_redis_url(config.redis_url, config.redis_login);
  if (!redis) return tl::make_unexpected(redis.error());
  auto conditions = std::make_shared<Conditions>(machine_clock);
  OwnCondition starting(*conditions, condition::starting, "");
  OwnCondition waits(*conditions, condition::waits_for_servers, "");
  starting.set("Node " + config.name + " starts");
  auto health = config.health.empty()
                    ? Result<std::unique_ptr<HealthServer>>{}
                    : HealthServer::start(config.health, waiting(config.name, *conditions));
  if (!health) return tl::make_unexpected(health.error());
  const auto forbidden = std::make_shared<nats::Forbidden>();
  auto servers = find_servers(config, *redis, known, *models, forbidden);
  while (!servers && servers.error().retryable) {
    const auto heard = forbidden->take();
    wait_because(fmt::format("Node {} waits: {}{}{}", config.name, servers.error().what,
                             heard.empty() ? "" : " NATS says: ", heard),
                 waits);
    if (given_up(look_for_servers_every)) break;
    servers = find_servers(config, *redis, known, *models, forbidden);
  }
  if (!servers) return tl::make_unexpected(servers.error());
  waits.clear();
  forbidden->tell(*conditions);
  auto node = std::make_unique<RunningNode>(std::move(config), *redis, std::move(*servers),
                                            std::move(*models), conditions);
  if (auto started = node->start(*std::move(ports)); !started)
    return tl::make_unexpected(started.error());
  starting.clear();
  node->show_health(std::move(*health));
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace troupe::host

#include "runtime/engine/engine.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "runtime/engine/hosted_context.hpp"
#include "runtime/engine/instance_table.hpp"
#include "runtime/ports/identity.hpp"

namespace troupe::engine {

namespace {

constexpr std::chrono::milliseconds deadlines_interval{50};
constexpr std::chrono::milliseconds sweep_interval_min{10};
constexpr std::chrono::milliseconds sweep_interval_max{1'000};

/// With few workers CAF's work stealing collapses under load; sharing one queue does not.
struct ActorConfig : caf::actor_system_config {
  explicit ActorConfig(std::size_t workers) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads",
        workers != 0 ? workers : std::max<std::size_t>(std::thread::hardware_concurrency(), 1));
  }
};

/// What is wrong with a command whatever the state of its instance, or nothing.
std::optional<Rejected> malformed(const AggregateModel& model, const Command& command) {
  const auto known = model.commands.find(command.type);
  if (known == model.commands.end())
    return Rejected{404, model.name + " takes no " + command.type, std::nullopt};
  if (!command.body || command.body->GetDescriptor() != known->second->GetDescriptor())
    return Rejected{400, "the body is not a " + command.type, std::nullopt};
  if (!is_token(command.id))
    return Rejected{400, "a command id is 1 to 64 of [A-Za-z0-9_-]", std::nullopt};
  return std::nullopt;
}

}  // namespace

struct Engine::Impl {
  Impl(Engine& self, EngineOptions wanted, Ports world, std::vector<ContextModel> models)
      : bus(self), options(std::move(wanted)), ports(world), contexts(std::move(models)) {}

  HostedContext* find(std::string_view context) {
    const auto found = hosted.find(context);
    return found == hosted.end() ? nullptr : found->second.get();
  }

  void host(const ContextModel& model);
  void renew_leases();
  void look_after_deadlines();
  void sweep();

  CommandBus& bus;
  const EngineOptions options;
  const Ports ports;
  const std::vector<ContextModel> contexts;

  const SharedGate gate = std::make_shared<Gate>();
  InFlight in_flight{options.in_flight_max};
  Watchdog watchdog{ports.clock, options.handler_patience};
  ActorConfig actor_config{options.workers};
  caf::actor_system actors{actor_config};
  InstanceTable table{actors, options, ports.clock, in_flight};
  std::map<std::string, std::unique_ptr<HostedContext>, std::less<>> hosted;
  std::unique_ptr<Queries> queries;
  std::atomic<bool> running{false};  // sends and questions are taken
  bool started = false;
  Strand leases;        // blocks on the store of leases
  Strand housekeeping;  // never blocks
};

void Engine::Impl::host(const ContextModel& model) {
  hosted.emplace(
      model.name,
      std::make_unique<HostedContext>(
          HostedContext::World{options, ports, bus, watchdog, in_flight, gate}, model,
          [this, context = *Token::parse(model.name)](auto slot) { table.drop(slot, context); },
          [this, context = *Token::parse(model.name)] { table.drop(context); }));
}

void Engine::Impl::renew_leases() {
  for (const auto& [name, context] : hosted) context->slots().renew();
  leases.post_after(options.lease_renewal, [this] { renew_leases(); });
}

void Engine::Impl::look_after_deadlines() {
  queries->expire();
  table.look_after_deadlines();
  housekeeping.post_after(deadlines_interval, [this] { look_after_deadlines(); });
}

void Engine::Impl::sweep() {
  for (const auto& sentence : watchdog.overdue()) spdlog::warn("{}.", sentence);
  table.sweep();
  housekeeping.post_after(
      std::clamp(options.idle_after / 4, sweep_interval_min, sweep_interval_max),
      [this] { sweep(); });
}

Engine::Engine(EngineOptions options, Ports ports, std::vector<ContextModel> contexts)
    : impl_(std::make_unique<Impl>(*this, std::move(options), ports, std::move(contexts))) {}

Engine::~Engine() { stop(); }

Result<void> Engine::start() {
  auto& impl = *impl_;
  for (const auto& model : impl.contexts)
    if (const auto checked = check_declarations(model); !checked) return checked;
  for (const auto& model : impl.contexts) impl.host(model);

  std::map<std::string, Queries::Context> asked;
  for (const auto& [name, context] : impl.hosted)
    asked[name] = {&context->model(), &context->positions()};
  impl.queries = std::make_unique<Queries>(impl.ports.views, impl.ports.clock, impl.watchdog,
                                           impl.options.query_threads,
                                           impl.options.queries_waiting_max, std::move(asked));
  for (const auto& [name, context] : impl.hosted) context->slots().renew();
  impl.leases.post_after(impl.options.lease_renewal, [&impl] { impl.renew_leases(); });
  impl.housekeeping.post([&impl] { impl.look_after_deadlines(); });
  impl.housekeeping.post([&impl] { impl.sweep(); });
  impl.started = true;
  impl.running = true;
  for (const auto& [name, context] : impl.hosted) context->log_guard().start();
  return {};
}

void Engine::send(Command command, CommandBus::Answered answered) {
  auto& impl = *impl_;
  if (!impl.running)
    return answered(Rejected{503, "the node does not run; nothing was sent", std::nullopt});
  auto* context = impl.find(command.instance.context.str());
  if (!context)
    return answered(
        Rejected{404, "this node does not serve " + command.instance.context.str(), std::nullopt});
  if (!context->log_guard().serves())
    return answered(Rejected{503, context->log_guard().refusal(), std::nullopt});
  auto kind = context->kind_of(command.instance.aggregate.str());
  if (!kind)
    return answered(Rejected{
        404,
        command.instance.context.str() + " has no aggregate " + command.instance.aggregate.str(),
        std::nullopt});
  if (auto rejected = malformed(kind->model, command)) return answered(*std::move(rejected));
  if (command.hash.empty()) command.hash = command_hash(command.type, *command.body);
  const auto slot = slot_of(command.instance, slots_default);
  if (!context->slots().holds(slot))
    return answered(Rejected{503,
                             "slot " + std::to_string(slot) + " of "
                                 + command.instance.context.str() + " is held by another node",
                             std::nullopt});
  if (!impl.gate->pass(
          [&] { impl.table.send(kind, slot, std::move(command), std::move(answered)); }))
    answered(Rejected{503, "the node does not run; nothing was sent", std::nullopt});
}

void Engine::ask(QueryCall call, QueryBus::Answered answered) {
  if (!impl_->running)
    return answered(
        {.code = 503, .text = "the node does not run", .reply = nullptr, .position = {}});
  const auto* context = impl_->find(call.context.str());
  if (auto alarm = context ? context->log_guard().alarm() : std::string(); !alarm.empty())
    return answered({.code = 503, .text = std::move(alarm), .reply = nullptr, .position = {}});
  impl_->queries->ask(std::move(call), std::move(answered));
}

EngineStats Engine::stats() const {
  EngineStats stats;
  if (!impl_->started) return stats;
  for (const auto& [name, context] : impl_->hosted) stats.contexts.push_back(context->stats());
  return stats;
}

void Engine::stop() {
  auto& impl = *impl_;
  impl.running = false;
  if (!std::exchange(impl.started, false)) return;
  for (const auto& [name, context] : impl.hosted) context->log_guard().stop();
  for (const auto& [name, context] : impl.hosted) context->stop_deliveries();
  for (const auto& [name, context] : impl.hosted) context->stop_views();
  impl.queries->stop();
  if (!impl.in_flight.wait_until_empty(impl.options.stop_patience))
    spdlog::warn("Commands were still in flight after {} ms; their outcome is unknown.",
                 impl.options.stop_patience.count());
  impl.housekeeping.stop();
  impl.table.close();
  impl.actors.await_all_actors_done();
  impl.leases.stop();
  for (const auto& [name, context] : impl.hosted) context->slots().release();
  impl.gate->close();
}

}  // namespace troupe::engine

#include "runtime/engine/engine.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>
#include <caf/all.hpp>

#include "runtime/engine/asks/asked.hpp"
#include "runtime/engine/declarations.hpp"
#include "runtime/engine/health/pause_watch.hpp"
#include "runtime/engine/history/command_memory.hpp"
#include "runtime/engine/hosted_context.hpp"
#include "runtime/engine/instances/instance_table.hpp"
#include "runtime/ports/condition_kinds.hpp"
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
std::optional<Rejected> malformed(const AggregateModel& model, const Slots& slots,
                                  const Command& command) {
  const auto known = model.commands.find(command.type);
  if (known == model.commands.end())
    return not_known(
        model.name + " of " + command.instance.context.str() + " takes no command " + command.type,
        slots.another_program());
  if (!command.internal && !model.public_commands.contains(command.type))
    return Rejected{RejectionCode::forbidden,
                    command.type + " of " + model.name
                        + " is asked for by events only: clients may not send it"};
  if (!command.body || command.body->GetDescriptor() != known->second->GetDescriptor())
    return Rejected{RejectionCode::malformed, "the body is not a " + command.type};
  if (command.internal && command.causation_id.empty())
    return Rejected{RejectionCode::malformed, "what an event asks for names that event"};
  if (!is_token(command.id))
    return Rejected{RejectionCode::malformed, "a command id is 1 to 64 of [A-Za-z0-9_-]"};
  return std::nullopt;
}

/// Why a command from the future is not judged, or nothing. `now` is of a clock that is known to be
/// right.
std::optional<Rejected> of_the_future(const Command& command, Time now) {
  if (command.issued_at <= now + CommandMemory::issued_ahead_max) return std::nullopt;
  return Rejected{RejectionCode::malformed,
                  "the command was issued in the future: set the clock of who sent it"};
}

/// What comes in on a slot's subject reaches every node subscribed to it, also one that was
/// paused or cut off while another took the slot. Only who surely owns it may call the command
/// refused; of the others' answers the client may believe just that it should repeat.
CommandBus::Answered careful(CommandBus::Answered answered, const Slots& slots,
                             std::uint32_t slot) {
  return [answered = std::move(answered), &slots, slot](Outcome outcome) {
    const auto* rejected = std::get_if<Rejected>(&outcome);
    // What the log's leader just said holds whoever owns the slot.
    const bool undecided = rejected && !rejected->decided_at && !is_unreadable(outcome)
                           && (rejected->code == RejectionCode::overloaded
                               || rejected->code == RejectionCode::unavailable);
    if (rejected && (!slots.holds(slot) || (undecided && !slots.certain(slot))))
      return answered(Unknown{text_of(*rejected)});
    answered(std::move(outcome));
  };
}

/// The command is known here, so who owns its slot and does not know it runs another program.
Outcome not_final_if_not_known(Outcome outcome) {
  if (const auto* rejected = std::get_if<Rejected>(&outcome);
      rejected && rejected->code == RejectionCode::not_found)
    return not_known(rejected->text, true);
  return outcome;
}

}  // namespace

struct Engine::Impl : SkipHandler {
  Impl(Engine& self, EngineOptions wanted, Ports given, std::vector<ContextModel> models)
      : bus(self), options(std::move(wanted)), ports(given), contexts(std::move(models)) {}

  HostedContext* find(std::string_view context) {
    const auto found = hosted.find(context);
    return found == hosted.end() ? nullptr : found->second.get();
  }

  void host(const ContextModel& model, SlotIngress& ingress);
  void beat();
  void look_after_deadlines();
  void sweep();
  void forward(HostedContext& context, std::uint32_t slot, Command command,
               CommandBus::Answered answered);
  void decided(const Skip& skip) override;
  void caught_up() override;

  CommandBus& bus;
  const EngineOptions options;
  const Ports ports;
  const std::vector<ContextModel> contexts;

  const SharedGate gate = std::make_shared<Gate>();
  const SharedGate forwards = std::make_shared<Gate>();
  SkipList skips;
  std::promise<void> skips_heard;  // those decided before the start
  std::once_flag skips_heard_once;
  InFlight in_flight{options.in_flight_max};
  PauseWatch pauses{ports.clock.steady()};
  Watchdog watchdog{ports.clock, options.handler_patience};
  OwnCondition handler_hangs{ports.conditions, condition::handler_hangs, ""};
  ActorConfig actor_config{options.workers};
  caf::actor_system actors{actor_config};
  InstanceTable table{actors, options, ports.clock, in_flight};
  std::map<std::string, std::unique_ptr<HostedContext>, std::less<>> hosted;
  std::unique_ptr<Queries> queries;
  std::atomic<bool> running{false};  // sends and questions are taken
  bool started = false;
  Strand beats;         // blocks on the store of leases
  Strand housekeeping;  // never blocks
  std::unique_ptr<Subscription> following_skips;
};

void Engine::Impl::host(const ContextModel& model, SlotIngress& ingress) {
  hosted.emplace(
      model.name,
      std::make_unique<HostedContext>(
          HostedContext::Dependencies{options, ports, bus, skips, watchdog, in_flight, gate}, model,
          ingress,
          [this, context = *Token::parse(model.name)](auto slot, const auto& gone) {
            table.drop(slot, context, gone);
          },
          [this, context = *Token::parse(model.name)] { table.drop(context); }));
}

void Engine::Impl::beat() {
  for (const auto& [name, context] : hosted) context->slots().beat();
  beats.post_after(options.beat_interval, [this] { beat(); });
}

void Engine::Impl::look_after_deadlines() {
  pauses.tick(ports.clock.steady());
  queries->expire();
  table.look_after_deadlines();
  housekeeping.post_after(deadlines_interval, [this] { look_after_deadlines(); });
}

/// An answer may come after the engine has stopped, but finds nobody after its end.
void Engine::Impl::forward(HostedContext& context, std::uint32_t slot, Command command,
                           CommandBus::Answered answered) {
  if (!context.forwards().enter())
    return answered(Rejected{RejectionCode::overloaded, "too many commands wait for other nodes"});
  if (!in_flight.enter()) {
    context.forwards().leave();
    return answered(
        Rejected{RejectionCode::overloaded, "the node has too many commands in flight"});
  }
  ports.owners.send(
      slot, std::move(command),
      [this, &context, gate = forwards, answered = std::move(answered)](Outcome outcome) {
        gate->pass([&] {
          answered(not_final_if_not_known(std::move(outcome)));
          context.forwards().leave();
          in_flight.leave();
        });
      });
}

void Engine::Impl::decided(const Skip& skip) {
  if (!skips.add(skip)) return;
  spdlog::info("Sequence {} of {} is skipped, as {} decided: {}", skip.sequence, skip.stream,
               skip.decided_by, skip.reason);
  for (const auto& [name, context] : hosted) context->decided(skip.stream);
}

void Engine::Impl::caught_up() {
  skips.set_caught_up();
  std::call_once(skips_heard_once, [this] { skips_heard.set_value(); });
}

void Engine::Impl::sweep() {
  const auto overdue = watchdog.overdue();
  handler_hangs.show(overdue.empty() ? std::string() : overdue.front());
  for (const auto& [name, context] : hosted) context->look_at_what_fails();
  ports.conditions.expire();
  table.sweep();
  housekeeping.post_after(
      std::clamp(options.idle_after / 4, sweep_interval_min, sweep_interval_max),
      [this] { sweep(); });
}

Engine::Engine(EngineOptions options, Ports ports, std::vector<ContextModel> contexts)
    : impl_(std::make_unique<Impl>(*this, std::move(options), ports, std::move(contexts))) {}

Engine::~Engine() {
  stop();
  impl_->forwards->close();
}

Result<void> Engine::start(SlotIngress& ingress) {
  auto& impl = *impl_;
  if (const auto checked = check_declarations(impl.contexts); !checked) return checked;
  for (const auto& model : impl.contexts) impl.host(model, ingress);
  impl.following_skips = impl.ports.skips.follow(impl);

  std::map<std::string, Queries::Context> asked;
  for (const auto& [name, context] : impl.hosted)
    asked[name] = {&context->model(), &context->positions(), &context->counters(),
                   [&slots = context->slots()] { return slots.another_program(); }};
  impl.queries = std::make_unique<Queries>(impl.ports.views, impl.ports.clock, impl.watchdog,
                                           impl.options.query_threads,
                                           impl.options.queries_waiting_max, asked);
  for (const auto& [name, context] : impl.hosted) context->log_guard().look_at_clocks();
  impl.beats.post([&impl] { impl.beat(); });
  const auto deadline = impl.ports.clock.steady() + impl.options.take_patience;
  for (const auto& [name, context] : impl.hosted)
    context->slots().wait_until_taken(std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - impl.ports.clock.steady()));
  // What is heard later than this is taken up then; views wait for it.
  impl.skips_heard.get_future().wait_for(deadline - impl.ports.clock.steady());
  impl.pauses.tick(impl.ports.clock.steady());
  impl.housekeeping.post([&impl] { impl.look_after_deadlines(); });
  impl.housekeeping.post([&impl] { impl.sweep(); });
  impl.started = true;
  impl.running = true;
  for (const auto& [name, context] : impl.hosted) {
    context->log_guard().start();
    context->start_backlog_watch();
  }
  const auto views_by = impl.ports.clock.steady() + impl.options.compare_patience;
  for (const auto& [name, context] : impl.hosted)
    if (context->log_guard().serves())
      context->positions().wait_until_compared(
          std::chrono::duration_cast<std::chrono::milliseconds>(views_by
                                                                - impl.ports.clock.steady()));
  return {};
}

void Engine::send(Command command, CommandBus::Answered answered) {
  auto& impl = *impl_;
  if (!impl.running && command.forwarded)
    return answered(Unknown{"the node does not run: repeat it"});
  if (!impl.running)
    return answered(
        Rejected{RejectionCode::unavailable, "the node does not run; nothing was sent"});
  auto* context = impl.find(command.instance.context.str());
  if (!context)
    return answered(Rejected{RejectionCode::not_found,
                             "this node does not serve " + command.instance.context.str()});
  const auto slot = slot_of(command.instance, impl.options.slots);
  if (command.forwarded) answered = careful(std::move(answered), context->slots(), slot);
  if (impl.pauses.paused_lately(impl.ports.clock.steady()))
    return answered(Rejected{RejectionCode::unavailable,
                             "this node stood still and begins nothing from that time: repeat it"});
  auto kind = context->kind_of(command.instance.aggregate.str());
  if (!kind)
    return answered(not_known(
        command.instance.context.str() + " has no aggregate " + command.instance.aggregate.str(),
        context->slots().another_program()));
  if (auto rejected = malformed(kind->model, context->slots(), command))
    return answered(*std::move(rejected));
  if (command.hash.empty()) command.hash = command_hash(command.type, *command.body);
  // Its owner may see a log that this node does not see.
  if (!context->slots().holds(slot)) {
    if (!command.forwarded)
      return impl.forward(*context, slot, std::move(command), std::move(answered));
    return answered(Rejected{RejectionCode::unavailable, "slot " + std::to_string(slot) + " of "
                                                             + command.instance.context.str()
                                                             + " is not owned here just now"});
  }
  if (!context->log_guard().serves())
    return answered(Rejected{RejectionCode::unavailable, context->log_guard().why_not()});
  if (auto rejected = of_the_future(command, impl.ports.clock.now()))
    return answered(*std::move(rejected));
  if (!impl.gate->pass(
          [&] { impl.table.send(kind, slot, std::move(command), std::move(answered)); }))
    answered(Rejected{RejectionCode::unavailable, "the node does not run; nothing was sent"});
}

void Engine::ask(QueryCall call, QueryBus::Answered answered) {
  if (!impl_->running)
    return answered(
        {.code = 503, .text = "the node does not run", .reply = nullptr, .position = {}});
  const auto* context = impl_->find(call.context.str());
  if (context && context->log_guard().went_back())
    return answered(
        {.code = 503, .text = context->log_guard().why_not(), .reply = nullptr, .position = {}});
  impl_->queries->ask(std::move(call), std::move(answered));
}

bool Engine::another_program_runs(std::string_view context) const {
  auto* hosted = impl_->find(context);
  return hosted && hosted->slots().another_program();
}

EngineStats Engine::stats() const {
  EngineStats stats;
  if (!impl_->started) return stats;
  for (const auto& [name, context] : impl_->hosted) stats.contexts.push_back(context->stats());
  return stats;
}

void Engine::stop() {
  auto& impl = *impl_;
  if (!std::exchange(impl.started, false)) return;
  impl.following_skips.reset();
  for (const auto& [name, context] : impl.hosted) context->log_guard().stop();
  for (const auto& [name, context] : impl.hosted) context->stop_deliveries();
  impl.beats.stop();
  {
    std::vector<std::jthread> handing_over;
    for (const auto& one : impl.hosted)
      handing_over.emplace_back(
          [&slots = one.second->slots(), &impl] { slots.stop(impl.options.stop_patience); });
  }
  impl.running = false;
  for (const auto& [name, context] : impl.hosted) context->stop_views();
  impl.queries->stop();
  if (!impl.in_flight.wait_until_empty(impl.options.stop_patience))
    spdlog::warn("Commands were still in flight after {} ms; their outcome is unknown.",
                 impl.options.stop_patience.count());
  impl.housekeeping.stop();
  impl.table.close();
  impl.actors.await_all_actors_done();
  impl.gate->close();
}

}  // namespace troupe::engine

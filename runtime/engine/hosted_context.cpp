#include "runtime/engine/hosted_context.hpp"

#include <utility>

#include "runtime/engine/declarations.hpp"
#include "runtime/engine/history/fold.hpp"
#include "runtime/ports/condition_kinds.hpp"
#include "runtime/ports/declared_name.hpp"
#include "runtime/ports/listening.hpp"

namespace troupe::engine {

HostedContext::HostedContext(Dependencies deps, const ContextModel& model, SlotIngress& ingress,
                             Slots::LetGo let_go, std::function<void()> forget)
    : deps_(std::move(deps)),
      model_(model),
      name_(declared_name(model.name)),
      forwards_(deps_.options.forwards_max),
      slots_({deps_.ports.leases, deps_.ports.claims, ingress, deps_.ports.clock, deps_.options,
              deps_.ports.conditions, [this] { return log_guard_.fit(); }, vocabulary_of(model)},
             name_, std::move(let_go)),
      appends_(deps_.ports.clock, deps_.ports.conditions, model.name),
      steps_(deps_.ports.clock, deps_.ports.conditions, counters_, model.name),
      positions_(model.views.size(), deps_.options.queries_ahead_max),
      effects_({deps_.ports.effects, deps_.ports.timers, deps_.bus, deps_.ports.clock,
                deps_.watchdog, counters_, steps_, deps_.options},
               model, strand_),
      fired_timers_({deps_.bus, effects_, deps_.ports.timers, deps_.ports.parked, deps_.ports.clock,
                     counters_, steps_, deps_.ports.conditions, deps_.options},
                    model, strand_),
      backlog_watch_(
          {deps_.ports.backlogs, deps_.ports.clock, deps_.ports.conditions,
           deps_.options.backlog_look_every, [this] { return keeps("watch", "backlog"); }},
          model, reactions()),
      log_guard_({deps_.ports.inspector, deps_.ports.marks, deps_.ports.clock, deps_.options.node},
                 name_, counters_, deps_.ports.conditions,
                 {.run =
                      [this] {
                        start_views();
                        start_deliveries();
                      },
                  .halt = [this] { halt(); },
                  .forget =
                      [this, forget = std::move(forget)] {
                        effects_.forget_finished();
                        slots_.forget();
                        forget();
                      }}) {
  add_kinds();
  add_reactors();
}

std::vector<BacklogWatch::Reaction> HostedContext::reactions() const {
  std::vector<BacklogWatch::Reaction> all;
  for (const auto& source : sources_of(model_))
    all.push_back({declared_name(source), declared_name(consumer_name(model_.name, source))});
  return all;
}

/// Whether this node does what one node should do for all: each such part is with a slot.
bool HostedContext::keeps(std::string_view kind, std::string_view part) const {
  return slots_.holds(slot_of({name_, declared_name(kind), declared_name(part)}, slots_.count()));
}

void HostedContext::add_kinds() {
  const auto& code_that_folds =
      model_.fingerprint.empty() ? deps_.options.program : model_.fingerprint;
  for (const auto& aggregate : model_.aggregates)
    kinds_.emplace(aggregate.name, std::make_shared<const InstanceKind>(InstanceKind{
                                       .model = aggregate,
                                       .options = deps_.options,
                                       .log = deps_.ports.log,
                                       .snapshots = deps_.ports.snapshots,
                                       .clock = deps_.ports.clock,
                                       .slots = slots_,
                                       .gate = deps_.gate,
                                       .watchdog = deps_.watchdog,
                                       .counters = counters_,
                                       .appends = appends_,
                                       .conditions = deps_.ports.conditions,
                                       .in_flight = deps_.in_flight,
                                       .skips = deps_.skips,
                                       .reader = CommitReader(deps_.skips, name_),
                                       .context = name_.str(),
                                       .stream = stream_name(StreamKind::events, name_),
                                       .fingerprint = fingerprint_of(aggregate, code_that_folds)}));
}

void HostedContext::add_reactors() {
  const Reactor::Dependencies reactor_deps{
      {deps_.bus, deps_.ports.timers, effects_, deps_.watchdog, deps_.options},
      deps_.ports.parked,
      deps_.skips,
      deps_.ports.clock,
      counters_,
      steps_,
      deps_.ports.conditions};
  for (const auto& source : sources_of(model_))
    reactors_.push_back(std::make_unique<Reactor>(reactor_deps, model_, declared_name(source)));
}

std::shared_ptr<const InstanceKind> HostedContext::kind_of(std::string_view aggregate) const {
  const auto found = kinds_.find(aggregate);
  return found == kinds_.end() ? nullptr : found->second;
}

void HostedContext::start_views() {
  positions_.forget();
  for (std::size_t i = 0; i < model_.views.size(); ++i) {
    const auto& view = model_.views[i];
    projectors_.push_back(std::make_unique<Projector>(
        Projector::Dependencies{
            deps_.ports.streams, deps_.ports.views, deps_.skips, deps_.watchdog,
            deps_.ports.conditions, counters_,
            [this, &view] { return deps_.skips.caught_up() && keeps("view", view.name); }},
        ViewName{name_, declared_name(view.name)}, view,
        Projector::Progress{
            .compared = [this, i](std::uint64_t end) { positions_.compared(i, end); },
            .moved = [this, i](std::uint64_t checkpoint) { view_moved(i, checkpoint); },
            .blocked =
                [this, i](std::uint64_t checkpoint) {
                  positions_.blocked(i, checkpoint);
                  view_moved(i, checkpoint);
                }}));
  }
}

void HostedContext::view_moved(std::size_t view, std::uint64_t checkpoint) {
  positions_.moved(view, checkpoint);
  const auto& name = model_.views[view].name;
  const auto whole_from = positions_.whole_from(view);
  if (whole_from && checkpoint < *whole_from)
    deps_.ports.conditions.set(
        condition::view_rebuilt, name_.str(), name,
        "View " + name_.str() + "." + rebuilt_sentence(name, checkpoint, *whole_from));
  else
    deps_.ports.conditions.clear(condition::view_rebuilt, name_.str(), name);
}

void HostedContext::start_deliveries() {
  for (const auto& reactor : reactors_) reactor->start(deps_.ports.subscriptions);
  if (!model_.timers.empty() || !model_.effects.empty())
    fired_timers_.start(deps_.ports.subscriptions);
}

/// Of its source, or of an instance that was asked for something.
void HostedContext::decided(const std::string& stream) {
  for (const auto& reactor : reactors_)
    if (stream == stream_name(StreamKind::events, reactor->source())
        || stream == stream_name(StreamKind::events, name_))
      reactor->try_parked_again();
}

/// Until views and deliveries are started again. What is being handled finds commands refused.
void HostedContext::halt() {
  for (const auto& reactor : reactors_) reactor->pause();
  fired_timers_.stop();
  stop_views();
}

void HostedContext::stop_deliveries() {
  backlog_watch_.stop();
  for (const auto& reactor : reactors_) reactor->stop();
  fired_timers_.stop();
  strand_->stop();
}

void HostedContext::stop_views() {
  for (const auto& projector : projectors_) projector->request_stop();
  projectors_.clear();
}

ContextStats HostedContext::stats() const {
  return {.context = model_.name,
          .instances = counters_.instances,
          .commands = counters_.commands,
          .commits = counters_.commits,
          .events = counters_.events,
          .retries = counters_.retries,
          .conflicts = counters_.conflicts,
          .unknowns = counters_.unknowns,
          .refusals = counters_.refusals,
          .parked = counters_.parked,
          .effects_in_hand = counters_.effects_in_hand,
          .view_position = positions_.slowest(),
          .slots = slots_.held(),
          .backlog = backlog_watch_.stats()};
}

}  // namespace troupe::engine

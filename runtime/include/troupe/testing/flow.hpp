// Contexts in one thread and in virtual time: events find their reactions, timers and effects in
// any order that the runtime allows, late and more than once.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <troupe/model.hpp>
#include <troupe/testing/pb.hpp>

namespace troupe::testing {

/// An attempt of an effect's call.
struct OutsideCall {
  std::string effect;    ///< the declaration's name
  std::string key;       ///< the same on every attempt
  unsigned attempt = 1;  ///< 1 for the first one
  const Message& request;
};

/// What the world outside does: the answer, or null when the attempt fails or its answer is lost.
/// A call that was answered may be made again with the same key.
using Outside = std::function<SharedMessage(const OutsideCall&)>;

struct StoredEvent {
  MessagePtr data;
  Time time;
};

/// An aggregate instance as the flow has it.
struct FlowInstance {
  const ContextModel* context = nullptr;
  const AggregateModel* model = nullptr;
  std::string id;
  MessagePtr state;
  std::vector<StoredEvent> events;
  std::set<std::string> commands;           ///< ids of those accepted; a repeat does nothing
  std::map<std::size_t, std::size_t> read;  ///< events handled, by consumer

  std::string subject() const { return context->name + '.' + model->name + '.' + id; }
  EventFacts facts(std::size_t index) const {
    return {.id = id, .version = index + 1, .time = events[index].time};
  }
};

/// Contexts in one thread and in virtual time, which begins at 12:00:00 of day 0. What holds, as in
/// the runtime: an instance's events reach a consumer in their order; whatever else may happen in
/// any order, happens in any order. A consumer may fail after some of an event's commands and
/// handle the event again, or start again at an older one. A timer may fire late, twice, or after
/// it was disarmed. The seed decides. A refusal fails the test when a reaction does not expect it,
/// and of a timer's or an effect's command when the test does not, see expect().
///
///     Flow flow({model_of<billing::Billing>()}, seed, [](const OutsideCall& call) {
///       return call.attempt < 3 ? nullptr : std::make_shared<billing::v1::Charged>();
///     });
///     flow.send("billing", "invoice", "i-1", pb<billing::v1::Issue>("cents: 5"), "c-1");
///     flow.run();
///     CHECK(flow.state<billing::Invoice>("billing", "i-1").paid());
class Flow {
public:
  Flow(std::vector<ContextModel> contexts, std::uint64_t seed, Outside outside = {})
      : contexts_(std::move(contexts)), random_(seed), outside_(std::move(outside)) {
    for (const auto& reacting : contexts_)
      for (const auto& source : contexts_)
        consumers_.push_back({.name = reacting.name + "-from-" + source.name,
                              .reacting = &reacting,
                              .source = &source,
                              .weight = any_weight(),
                              .waiting = {}});
    call_weight_ = any_weight();
    client_weight_ = any_weight();
    timer_weight_ = any_weight();
    constexpr std::array<int, 3> paces_ms{1, 1'000, 20'000};
    pace_ms_ = paces_ms[random_() % paces_ms.size()];
  }

  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  Time now() const { return now_; }

  /// The commands of timers and effects may be refused for this: they come late.
  void expect(Rejection rejection) { expected_.push_back(rejection); }

  /// Something a client will do at some moment.
  void plan(std::function<void()> action) { planned_.push_back(std::move(action)); }

  /// A client's command, which must be a public one. The refusal, if it is refused.
  std::optional<Rejection> send(std::string_view context, std::string_view aggregate,
                                const std::string& id, const Message& command,
                                const std::string& command_id) {
    auto& to = instance(context, aggregate, id);
    if (!to.model->public_commands.contains(command.GetDescriptor()->name()))
      FAIL(command.GetTypeName() << " is not among the public commands of " << context);
    return send(to, command, command_id, now_);
  }

  /// Lets things happen until nothing is left to happen. More than `steps_max` fail the test.
  void run(std::size_t steps_max = 200'000) { run_until(Time::max(), steps_max); }

  /// The same until `time`, which it is then, or a little later.
  void run_until(Time time, std::size_t steps_max = 200'000) {
    for (std::size_t steps = 0; step(time); ++steps)
      if (steps == steps_max) FAIL("it does not come to an end");
    if (time != Time::max()) now_ = std::max(now_, time);
  }

  /// Lets one thing happen. False when nothing is left to happen before `until`.
  bool step(Time until = Time::max()) {
    if (now_ >= until) return false;
    now_ += std::chrono::milliseconds(random_() % static_cast<unsigned>(pace_ms_));
    if (rewinds_left_ > 0 && random_() % 100 == 0) rewind();

    std::vector<std::pair<unsigned, std::function<void()>>> possible;
    for (auto& consumer : consumers_)
      if (!consumer.waiting.empty())
        possible.emplace_back(consumer.weight, [&] { deliver(consumer); });
    const bool any_call_due =
        std::any_of(calls_.begin(), calls_.end(), [&](const auto& one) { return one.due <= now_; });
    if (any_call_due) possible.emplace_back(call_weight_, [&] { call(); });
    if (!planned_.empty()) possible.emplace_back(client_weight_, [&] { act(); });
    const bool any_due = std::any_of(timers_.begin(), timers_.end(),
                                     [&](const auto& timer) { return timer.second.due <= now_; });
    if (any_due) possible.emplace_back(timer_weight_, [&] { fire_one(); });
    if (possible.empty()) return wait_until_due(until);

    unsigned all = 0;
    for (const auto& [weight, _] : possible) all += weight;
    auto drawn = random_() % all;
    for (const auto& [weight, happen] : possible) {
      if (drawn < weight) {
        happen();
        break;
      }
      drawn -= weight;
    }
    return true;
  }

  /// As it is now; as it would begin when nothing happened to it.
  template <Aggregate A>
  const typename A::State& state(std::string_view context, const std::string& id) {
    return static_cast<const typename A::State&>(*instance(context, A::name, id).state);
  }

  /// Calls `look` with every instance of an aggregate.
  void each(std::string_view context, std::string_view aggregate,
            const std::function<void(const FlowInstance&)>& look) const {
    for (const auto& [_, instance] : instances_)
      if (instance->context->name == context && instance->model->name == aggregate) look(*instance);
  }
  void each(const std::function<void(const FlowInstance&)>& look) const {
    for (const auto& [_, instance] : instances_) look(*instance);
  }
  std::size_t commands_repeated() const { return commands_repeated_; }

private:
  struct Consumer {
    std::string name;
    const ContextModel* reacting = nullptr;
    const ContextModel* source = nullptr;
    unsigned weight = 1;
    std::vector<FlowInstance*> waiting;  ///< with events that this consumer has not handled
  };
  struct Armed {
    FlowInstance* instance = nullptr;
    std::size_t version = 0;
    Time due;
    SharedMessage command;
  };
  struct Call {
    const EffectModel* effect = nullptr;
    FlowInstance* instance = nullptr;
    std::size_t index = 0;
    Time due;
    unsigned attempt = 1;
  };

  unsigned any_weight() {
    constexpr std::array<unsigned, 3> weights{1, 10, 100};
    return weights[random_() % weights.size()];
  }

  FlowInstance& instance(std::string_view context_name, std::string_view aggregate,
                         const std::string& id) {
    const auto context = std::find_if(contexts_.begin(), contexts_.end(),
                                      [&](const auto& one) { return one.name == context_name; });
    if (context == contexts_.end() || !is_token(id)) FAIL("no such instance: " << id);
    auto& found = instances_[context->name + '.' + std::string(aggregate) + '.' + id];
    if (!found) {
      found = std::make_unique<FlowInstance>();
      found->context = &*context;
      found->model = context->aggregate(aggregate);
      if (found->model == nullptr) FAIL(context_name << " has no aggregate " << aggregate);
      found->id = id;
      found->state = found->model->new_state();
    }
    return *found;
  }

  std::optional<Rejection> send(FlowInstance& to, const Message& command,
                                const std::string& command_id, Time issued_at) {
    if (to.commands.contains(command_id)) {
      ++commands_repeated_;
      return std::nullopt;
    }
    const Issue issue{.issued_at = issued_at, .instance_id = to.id, .command_id = command_id};
    auto decision = to.model->decide(*to.state, command, issue);
    if (decision.rejection) return decision.rejection;
    if (decision.events.empty()) return std::nullopt;
    to.commands.insert(command_id);
    for (auto& event : decision.events) to.model->evolve(*to.state, *event);
    for (auto& event : decision.events) record(to, std::move(event));
    return std::nullopt;
  }

  void record(FlowInstance& by, MessagePtr event) {
    by.events.push_back({.data = std::move(event), .time = now_});
    const auto& recorded = *by.events.back().data;
    const auto facts = by.facts(by.events.size() - 1);
    const auto& type = recorded.GetDescriptor()->full_name();

    for (auto& consumer : consumers_)
      if (consumer.source == by.context) wait(consumer, by);
    for (const auto& timer : by.context->timers) {
      if (timer.aggregate != by.model->name || !timer.events.contains(type)) continue;
      const auto change = timer.on(facts, recorded);
      const auto name = timer.name + '/' + by.subject();
      if (change.due)
        timers_[name] = {&by, facts.version, *change.due, change.command};
      else if (change.disarms && random_() % 2 == 0)
        timers_.erase(name);  // else: it was already on its way
    }
    for (const auto& effect : by.context->effects)
      if (effect.aggregate == by.model->name && effect.event->GetDescriptor()->full_name() == type)
        calls_.push_back({&effect, &by, by.events.size() - 1, now_, 1});
  }

  static void wait(Consumer& consumer, FlowInstance& source) {
    auto& waiting = consumer.waiting;
    if (std::find(waiting.begin(), waiting.end(), &source) == waiting.end())
      waiting.push_back(&source);
  }

  void deliver(Consumer& consumer) {
    const auto at = random_() % consumer.waiting.size();
    auto& source = *consumer.waiting[at];
    auto& read = source.read[static_cast<std::size_t>(&consumer - consumers_.data())];
    if (!handle(consumer, source, read)) return;  // and comes again
    if (++read < source.events.size()) return;
    consumer.waiting[at] = consumer.waiting.back();
    consumer.waiting.pop_back();
  }

  /// False when it failed on the way.
  bool handle(const Consumer& consumer, const FlowInstance& source, std::size_t index) {
    const auto event_type = source.events[index].data->GetDescriptor()->full_name();
    for (const auto& reaction : consumer.reacting->reactions) {
      if (!reaction.events.contains(event_type)) continue;
      const auto asks = reaction.on(source.facts(index), *source.events[index].data);
      std::map<std::string, unsigned> ordinals;
      std::vector<std::pair<const AskedCommand*, std::string>> numbered;
      for (const auto& asked : asks) {
        const auto what = asked.id + '/' + asked.command->GetTypeName();
        numbered.emplace_back(&asked, command_id(consumer.name, source, index, reaction.name, what,
                                                 ordinals[what]++));
      }
      std::shuffle(numbered.begin(), numbered.end(), random_);
      for (const auto& [asked, id] : numbered) {
        if (random_() % (10 * numbered.size()) == 0) return false;
        auto& target = instance(consumer.reacting->name, reaction.aggregate, asked->id);
        const auto refused = send(target, *asked->command, id, source.events[index].time);
        if (refused
            && std::find(reaction.expected.begin(), reaction.expected.end(), *refused)
                   == reaction.expected.end())
          FAIL(reaction.name << " on " << event_type << " of " << source.subject()
                             << " is refused: " << refused->code);
      }
    }
    return true;
  }

  static std::string command_id(const std::string& consumer, const FlowInstance& source,
                                std::size_t index, const std::string& declaration,
                                const std::string& what, unsigned ordinal) {
    return consumer + '/' + source.subject() + '/' + std::to_string(index) + '/' + declaration + '/'
           + what + '/' + std::to_string(ordinal);
  }

  /// Some consumer starts again at an older event of some instance.
  void rewind() {
    if (instances_.empty()) return;
    --rewinds_left_;
    auto chosen = instances_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(random_() % instances_.size()));
    auto& source = *chosen->second;
    for (auto& consumer : consumers_) {
      auto& read = source.read[static_cast<std::size_t>(&consumer - consumers_.data())];
      if (consumer.source != source.context || read == 0 || random_() % 2 == 0) continue;
      read = random_() % read;
      wait(consumer, source);
    }
  }

  /// Makes one attempt of some open call that is due.
  void call() {
    std::vector<std::size_t> due;
    for (std::size_t i = 0; i < calls_.size(); ++i)
      if (calls_[i].due <= now_) due.push_back(i);
    const auto at = due[random_() % due.size()];
    auto& open = calls_[at];
    const auto facts = open.instance->facts(open.index);
    const auto& event = *open.instance->events[open.index].data;
    const auto& effect = *open.effect;
    const auto key =
        open.instance->subject() + '/' + std::to_string(open.index) + '/' + effect.name;
    if (!outside_) FAIL("nobody outside answers " << effect.name);
    const bool too_late = open.attempt > 1 && detail::is_over(effect.retry, facts.time, now_);
    const auto answer =
        too_late ? nullptr
                 : outside_({effect.name, key, open.attempt, *effect.request(facts, event)});
    const auto next = detail::next_attempt(effect.retry, open.attempt, facts.time, now_, key);
    const auto asks =
        answer ? effect.answered(facts, event, *answer)
               : effect.failed(facts, event,
                               {.number = open.attempt, .last = !next, .cause = "no answer"});
    const auto declaration =
        answer ? effect.name : effect.name + '#' + std::to_string(open.attempt);
    const Call made = open;
    const bool done = answer ? random_() % 4 != 0 : !next;  // an answer may be asked for again
    if (done) {
      calls_[at] = calls_.back();
      calls_.pop_back();
    } else if (!answer) {
      ++open.attempt;
      open.due = *next;
    }
    std::map<std::string, unsigned> ordinals;
    for (const auto& asked : asks) {
      auto& target = instance(made.instance->context->name, effect.aggregate, asked.id);
      const auto what = asked.id + '/' + asked.command->GetTypeName();
      const auto id =
          command_id("effect", *made.instance, made.index, declaration, what, ordinals[what]++);
      if (const auto refused = send(target, *asked.command, id, facts.time); unexpected(refused))
        FAIL(effect.name << " of " << made.instance->subject() << " is refused: " << refused->code);
    }
  }

  bool unexpected(const std::optional<Rejection>& refused) const {
    return refused && std::find(expected_.begin(), expected_.end(), *refused) == expected_.end();
  }

  void act() {
    const auto at = random_() % planned_.size();
    const auto action = std::move(planned_[at]);
    planned_.erase(planned_.begin() + static_cast<std::ptrdiff_t>(at));
    action();
  }

  /// Any one that is due, not the earliest first.
  void fire_one() {
    std::vector<std::string> due;
    for (const auto& [name, timer] : timers_)
      if (timer.due <= now_) due.push_back(name);
    const auto& name = due[random_() % due.size()];
    const auto armed = timers_.at(name);
    const auto id = command_id("timer", *armed.instance, armed.version, name, "", 0);
    if (random_() % 4 != 0) timers_.erase(name);  // else: it fires once more
    if (const auto refused = send(*armed.instance, *armed.command, id, armed.due);
        unexpected(refused))
      FAIL("a timer of " << armed.instance->subject() << " is refused: " << refused->code);
  }

  /// For a timer or an attempt of a call. False when none comes until then.
  bool wait_until_due(Time until) {
    auto next = Time::max();
    for (const auto& [_, timer] : timers_) next = std::min(next, timer.due);
    for (const auto& call : calls_) next = std::min(next, call.due);
    if (next == Time::max() || next > until) return false;
    now_ = std::max(now_, next);
    return true;
  }

  const std::vector<ContextModel> contexts_;
  std::mt19937_64 random_;
  Outside outside_;
  Time now_{std::chrono::hours(12)};
  int pace_ms_ = 1;
  unsigned call_weight_ = 1;
  unsigned client_weight_ = 1;
  unsigned timer_weight_ = 1;
  int rewinds_left_ = 50;
  std::size_t commands_repeated_ = 0;
  std::map<std::string, std::unique_ptr<FlowInstance>> instances_;
  std::vector<Consumer> consumers_;
  std::map<std::string, Armed> timers_;
  std::vector<Call> calls_;
  std::vector<std::function<void()>> planned_;
  std::vector<Rejection> expected_;
};

}  // namespace troupe::testing

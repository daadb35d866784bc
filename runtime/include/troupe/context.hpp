// A bounded context: the list of what a service declares, and its translation for the engine.
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <troupe/fingerprint.hpp>
#include <troupe/model.hpp>

namespace troupe {

/// The declarations of a context: aggregates, reactions, timers, effects, views and queries.
template <class... Ps>
struct Parts {};

/// The commands of a context that its clients may send. All others are for its own reactions,
/// timers and effects, and those of other contexts: a client that sends one gets 403.
template <class... Cs>
struct Public {};

namespace detail {

template <class... Ms>
std::map<std::string, const Message*, std::less<>> prototypes(MessageSet<Ms...>*, bool full_name) {
  std::map<std::string, const Message*, std::less<>> all;
  (all.emplace(full_name ? Ms::descriptor()->full_name() : Ms::descriptor()->name(),
               &Ms::default_instance()),
   ...);
  return all;
}

template <class Set>
auto by_full_name() {
  return prototypes(static_cast<Set*>(nullptr), true);
}

/// Calls `handle` with the message as the one type of the set that it is.
template <class... Ms, class Handle>
void dispatch(MessageSet<Ms...>*, const Message& message, Handle&& handle) {
  const auto* type = message.GetDescriptor();
  (void)((type == Ms::descriptor() && (handle(static_cast<const Ms&>(message)), true)) || ...);
}

template <class E>
Recorded<E> recorded(const EventFacts& facts, const E& event) {
  return {.id = facts.id, .version = facts.version, .time = facts.time, .data = event};
}

template <class A>
std::vector<AskedCommand> any_asks(const Asks<A>& asks) {
  std::vector<AskedCommand> all;
  all.reserve(asks.all().size());
  for (const auto& one : asks.all()) all.push_back({one.id, one.command});
  return all;
}

template <class A>
AggregateModel aggregate_model() {
  using State = typename A::State;
  AggregateModel model;
  model.name = A::name;
  model.commands = prototypes(static_cast<typename A::Commands*>(nullptr), false);
  model.events = by_full_name<typename A::Events>();
  model.new_state = [] { return std::make_unique<State>(); };
  model.decide = [](const Message& state, const Message& command, const Issue& issue) {
    AnyDecision any;
    dispatch(static_cast<typename A::Commands*>(nullptr), command, [&](const auto& c) {
      const auto decision = troupe::decide<A>(static_cast<const State&>(state), c, issue);
      if (decision.rejected()) {
        any.rejection = decision.rejection();
        return;
      }
      for (const auto& event : decision.events())
        std::visit(
            [&](const auto& e) {
              any.events.push_back(std::make_unique<std::decay_t<decltype(e)>>(e));
            },
            event);
    });
    return any;
  };
  model.evolve = [](Message& state, const Message& event) {
    dispatch(static_cast<typename A::Events*>(nullptr), event,
             [&](const auto& e) { A::evolve(static_cast<State&>(state), e); });
  };
  return model;
}

template <class R>
ReactionModel reaction_model() {
  ReactionModel model;
  model.name = R::name;
  model.aggregate = R::Aggregate::name;
  if constexpr (requires { R::expected; })
    model.expected.assign(R::expected.begin(), R::expected.end());
  model.events = by_full_name<typename R::Events>();
  model.on = [](const EventFacts& facts, const Message& event) {
    std::vector<AskedCommand> asked;
    dispatch(static_cast<typename R::Events*>(nullptr), event,
             [&](const auto& e) { asked = any_asks(R::on(recorded(facts, e))); });
    return asked;
  };
  return model;
}

template <class T>
TimerModel timer_model() {
  TimerModel model;
  model.name = T::name;
  if constexpr (requires { T::formerly; }) model.formerly = T::formerly;
  model.aggregate = T::Aggregate::name;
  model.events = by_full_name<typename T::Events>();
  model.on = [](const EventFacts& facts, const Message& event) {
    AnyTimerChange any;
    dispatch(static_cast<typename T::Events*>(nullptr), event, [&](const auto& e) {
      const auto change = T::on(recorded(facts, e));
      any = {.disarms = change.disarms(), .due = change.due(), .command = change.command()};
    });
    return any;
  };
  return model;
}

template <class F>
EffectModel effect_model() {
  using Event = typename F::Event;
  EffectModel model;
  model.name = F::name;
  if constexpr (requires { F::formerly; }) model.formerly = F::formerly;
  model.aggregate = F::Aggregate::name;
  if constexpr (requires { F::retry; }) model.retry = F::retry;
  model.event = &Event::default_instance();
  model.request_type = &F::Request::default_instance();
  model.answer = &F::Answer::default_instance();
  model.request = [](const EventFacts& facts, const Message& event) -> SharedMessage {
    return std::make_shared<const typename F::Request>(
        F::request(recorded(facts, static_cast<const Event&>(event))));
  };
  model.answered = [](const EventFacts& facts, const Message& event, const Message& answer) {
    return any_asks(F::answered(recorded(facts, static_cast<const Event&>(event)),
                                static_cast<const typename F::Answer&>(answer)));
  };
  model.failed = [](const EventFacts& facts, const Message& event, const FailedAttempt& attempt) {
    return any_asks(F::failed(recorded(facts, static_cast<const Event&>(event)), attempt));
  };
  return model;
}

template <class V>
ViewModel view_model() {
  using Row = typename V::Row;
  ViewModel model;
  model.name = V::name;
  model.row = &Row::default_instance();
  model.events = by_full_name<typename V::Events>();
  model.key = [](const EventFacts& facts, const Message& event) {
    std::string key;
    dispatch(static_cast<typename V::Events*>(nullptr), event, [&](const auto& e) {
      if constexpr (requires { V::key(recorded(facts, e)); })
        key = V::key(recorded(facts, e));
      else
        key = facts.id;
    });
    return key;
  };
  model.project = [](Message& row, const EventFacts& facts, const Message& event) {
    dispatch(static_cast<typename V::Events*>(nullptr), event,
             [&](const auto& e) { V::project(static_cast<Row&>(row), recorded(facts, e)); });
  };
  return model;
}

template <class Q>
QueryModel query_model() {
  using Question = typename Q::Question;
  QueryModel model;
  model.name = Question::descriptor()->name();
  model.question = &Question::default_instance();
  model.answer = [](const Message& question, const Views& views) {
    const auto answer = Q::answer(static_cast<const Question&>(question), views);
    if (!answer.found()) return AnyAnswer{.reply = nullptr, .miss = answer.miss().code};
    return AnyAnswer{.reply = std::make_shared<const typename Q::Reply>(*answer), .miss = {}};
  };
  return model;
}

template <class P>
void add_part(ContextModel& model) {
  if constexpr (LooksLikeAggregate<P>) {
    static_assert(Aggregate<P>);
    model.aggregates.push_back(aggregate_model<P>());
  } else if constexpr (std::derived_from<P, Reaction>) {
    static_assert(IsReaction<P>);
    model.reactions.push_back(reaction_model<P>());
  } else if constexpr (std::derived_from<P, Timer>) {
    static_assert(IsTimer<P>);
    model.timers.push_back(timer_model<P>());
  } else if constexpr (std::derived_from<P, Effect>) {
    static_assert(IsEffect<P>);
    model.effects.push_back(effect_model<P>());
  } else if constexpr (std::derived_from<P, View>) {
    static_assert(IsView<P>);
    model.views.push_back(view_model<P>());
  } else {
    static_assert(IsQuery<P>,
                  "a part of a context is an aggregate, or derives from troupe::Reaction, Timer, "
                  "Effect, View or Query");
    model.queries.push_back(query_model<P>());
  }
}

template <class P, class... Ps>
constexpr bool stands_once = (std::size_t{std::same_as<P, Ps>} + ...) == 1;

template <class... Ps>
void add_parts(ContextModel& model, Parts<Ps...>*) {
  static_assert((stands_once<Ps, Ps...> && ...), "a part of the context is listed twice");
  (add_part<Ps>(model), ...);
}

template <class P, class C>
constexpr bool takes() {
  if constexpr (LooksLikeAggregate<P>)
    return P::Commands::template contains<C>;
  else
    return false;
}

template <class C, class... Ps>
constexpr bool taken_by_one_of(Parts<Ps...>*) {
  return (takes<Ps, C>() || ...);
}

template <class C, class AllParts>
void make_public(ContextModel& model) {
  static_assert(taken_by_one_of<C>(static_cast<AllParts*>(nullptr)),
                "Public names a message that no aggregate of this context takes as a command");
  for (auto& aggregate : model.aggregates) {
    const auto found = aggregate.commands.find(C::descriptor()->name());
    if (found != aggregate.commands.end() && found->second == &C::default_instance())
      aggregate.public_commands.insert(found->first);
  }
}

template <class AllParts, class... Cs>
void make_all_public(ContextModel& model, Public<Cs...>*) {
  (make_public<Cs, AllParts>(model), ...);
}

}  // namespace detail

/// `C` is a struct with `name`, `using Parts = troupe::Parts<…>` and, when clients may send
/// commands, `using Public = troupe::Public<…>`:
///
///     struct Billing {
///       static constexpr std::string_view name = "billing";
///       using Parts = troupe::Parts<Account, Payouts, Deadline>;
///       using Public = troupe::Public<v1::OpenAccount, v1::CloseAccount>;
///     };
template <class C>
ContextModel model_of() {
  static_assert(is_token(C::name), "a context's name is 1 to 64 of [A-Za-z0-9_-]");
  ContextModel model;
  model.name = C::name;
  model.fingerprint = detail::fingerprint_of<C>;
  detail::add_parts(model, static_cast<typename C::Parts*>(nullptr));
  if constexpr (requires { typename C::Public; })
    detail::make_all_public<typename C::Parts>(model, static_cast<typename C::Public*>(nullptr));
  return model;
}

}  // namespace troupe

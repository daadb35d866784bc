// What it takes to be an aggregate: a name, two closed message sets, decide and evolve.
#pragma once

#include <chrono>
#include <concepts>
#include <string_view>
#include <variant>

#include <troupe/decision.hpp>
#include <troupe/token.hpp>

namespace troupe {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

/// What a decision may know beyond state and command. The domain never reads a clock: the time is
/// the command's own, stamped once by whoever issued it and the same on every repeat.
struct Issue {
  Time issued_at;
  std::string_view instance_id;  ///< of the aggregate instance that decides
  std::string_view command_id;
};

template <class A, class C>
concept DecidesWithIssue = requires(const typename A::State& s, const C& c, const Issue& issue) {
  { A::decide(s, c, issue) } -> std::same_as<Decision<typename A::Events>>;
};

template <class A, class C>
concept Decides = DecidesWithIssue<A, C> || requires(const typename A::State& s, const C& c) {
  { A::decide(s, c) } -> std::same_as<Decision<typename A::Events>>;
};

template <class A, class E>
concept Evolves = requires(typename A::State& state, const E& event) {
  { A::evolve(state, event) } -> std::same_as<void>;
};

namespace detail {

template <class A, class C>
consteval bool must_decide() {
  static_assert(Decides<A, C>,
                "the aggregate has no public static `Decision<Events> decide(const State&, const "
                "Command&)` for this command");
  return true;
}
template <class A, class E>
consteval bool must_evolve() {
  static_assert(Evolves<A, E>,
                "the aggregate has no public static `void evolve(State&, const Event&)` for this "
                "event");
  return true;
}
template <class A, class... Cs, class... Es>
consteval bool complete(MessageSet<Cs...>*, MessageSet<Es...>*) {
  static_assert(is_token(A::name), "an aggregate's name is 1 to 64 of [A-Za-z0-9_-]");
  return (must_decide<A, Cs>() && ...) && (must_evolve<A, Es>() && ...);
}

}  // namespace detail

/// Has what an aggregate is recognised by; says nothing yet about completeness.
template <class A>
concept LooksLikeAggregate = requires {
  typename A::State;
  typename A::Commands;
  typename A::Events;
  { A::name } -> std::convertible_to<std::string_view>;
};

/// True when every listed command is decided and every listed event evolves; names the gap if not.
template <class A>
concept Aggregate = LooksLikeAggregate<A> && detail::complete<A>(
    static_cast<typename A::Commands*>(nullptr), static_cast<typename A::Events*>(nullptr));

template <class A, class C>
Decision<typename A::Events> decide(const typename A::State& state, const C& command,
                                    const Issue& issue) {
  if constexpr (DecidesWithIssue<A, C>)
    return A::decide(state, command, issue);
  else
    return A::decide(state, command);
}

/// Applies one recorded event. Total: an event in the log is a fact and cannot be refused.
template <class A>
void evolve(typename A::State& state, const typename A::Events::Variant& event) {
  std::visit([&](const auto& e) { A::evolve(state, e); }, event);
}

}  // namespace troupe

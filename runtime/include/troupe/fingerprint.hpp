// What names the code that folds a context's events: troupe_context() builds it, models carry it.
#pragma once

#include <concepts>
#include <string_view>

#include <troupe/aggregate.hpp>
#include <troupe/view.hpp>

namespace troupe {

template <class... Ps>
struct Parts;

namespace detail {

/// Empty for a context that was not built by troupe_context(); else set before main(), by a file
/// that the build makes.
template <class C>
inline std::string_view fingerprint_of;

/// What is stored here, no compiler and no linker may leave out.
inline void (*volatile kept)() = nullptr;

template <class R, class... As>
void keep(R (*function)(As...)) {
  kept = reinterpret_cast<void (*)()>(function);
}

template <class A, class... Es>
void keep_folds_of_aggregate(MessageSet<Es...>*) {
  using State = typename A::State;
  keep(&State::descriptor);
  (keep(&Es::descriptor), ...);
  (keep(+[](State& state, const Es& event) { A::evolve(state, event); }), ...);
}

template <class V, class E>
void keep_key() {
  if constexpr (requires(const Recorded<E>& event) { V::key(event); })
    keep(+[](const Recorded<E>& event) { return V::key(event); });
}

template <class V, class... Es>
void keep_folds_of_view(MessageSet<Es...>*) {
  using Row = typename V::Row;
  keep(&Row::descriptor);
  (keep(&Es::descriptor), ...);
  (keep(+[](Row& row, const Recorded<Es>& event) { V::project(row, event); }), ...);
  (keep_key<V, Es>(), ...);
}

template <class P>
void keep_folds_of_part() {
  if constexpr (LooksLikeAggregate<P>)
    keep_folds_of_aggregate<P>(static_cast<typename P::Events*>(nullptr));
  else if constexpr (std::derived_from<P, View>)
    keep_folds_of_view<P>(static_cast<typename P::Events*>(nullptr));
}

template <class... Ps>
void keep_folds_of_parts(Parts<Ps...>*) {
  (keep_folds_of_part<Ps>(), ...);
}

/// Puts into a program what decides what the context's states and rows are, and nothing else of it:
/// all that its evolve, project and key call, and the schemas of what they fold.
template <class C>
void keep_folds() {
  keep_folds_of_parts(static_cast<typename C::Parts*>(nullptr));
}

}  // namespace detail

}  // namespace troupe

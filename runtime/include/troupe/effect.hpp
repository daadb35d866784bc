// An effect: an event asks for a call to the outside world; the answer comes back as a command.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <troupe/reaction.hpp>

namespace troupe {

/// A call that ended without an answer: refused, timed out, unreachable.
struct FailedAttempt {
  unsigned number = 1;     ///< 1 for the first attempt
  bool last = false;       ///< the declaration's `attempts_max` is reached; no further one follows
  std::string_view cause;  ///< one sentence
};

namespace detail {

template <class F>
consteval bool effect_complete() {
  static_assert(is_token(F::name), "an effect's name is 1 to 64 of [A-Za-z0-9_-]");
  static_assert(
      requires {
        { F::attempts_max } -> std::convertible_to<unsigned>;
      },
      "the effect has no `static constexpr unsigned attempts_max` (0: for ever)");
  static_assert(F::Aggregate::Events::template contains<typename F::Event>,
                "an effect is asked for by an event of its own aggregate");
  static_assert(
      requires(const Recorded<typename F::Event>& e) {
        { F::request(e) } -> std::same_as<typename F::Request>;
      },
      "the effect has no public static `Request request(const Recorded<Event>&)`");
  static_assert(
      requires(const Recorded<typename F::Event>& e, const typename F::Answer& answer) {
        { F::answered(e, answer) } -> std::same_as<Asks<typename F::Aggregate>>;
      },
      "the effect has no public static `Asks<Aggregate> answered(const Recorded<Event>&, const "
      "Answer&)`");
  static_assert(
      requires(const Recorded<typename F::Event>& e, const FailedAttempt& attempt) {
        { F::failed(e, attempt) } -> std::same_as<Asks<typename F::Aggregate>>;
      },
      "the effect has no public static `Asks<Aggregate> failed(const Recorded<Event>&, const "
      "FailedAttempt&)`");
  return true;
}

}  // namespace detail

/// A struct with `name` (the port that performs it), `Aggregate`, `Event` (of that aggregate),
/// `Request` and `Answer` (protobuf), `static constexpr unsigned attempts_max` (0: for ever) and
/// the functions request, answered and failed. Recognised by its base.
///
/// The call is made at least once, always with the same idempotency key (a hash of the event's
/// subject, its version and the effect's name), until it is answered or `attempts_max` is reached.
/// `answered` and `failed` turn the result into commands for the same aggregate.
struct Effect {};

template <class F>
concept IsEffect = std::derived_from<F, Effect> && detail::effect_complete<F>();

}  // namespace troupe

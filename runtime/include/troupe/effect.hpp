// An effect: an event asks for a call to the outside world; the answer comes back as a command.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include <troupe/reaction.hpp>
#include <troupe/retry.hpp>

namespace troupe {

/// A call that ended without an answer: refused, timed out, unreachable.
struct FailedAttempt {
  unsigned number = 1;     ///< 1 for the first attempt
  bool last = false;       ///< no further one follows
  std::string_view cause;  ///< one sentence
};

/// A call's timer is named <effect>-<version>, and versions have up to 20 digits.
inline constexpr std::size_t effect_name_length_max = token_length_max - 21;

namespace detail {

template <class F>
consteval bool effect_complete() {
  static_assert(is_token(F::name) && F::name.size() <= effect_name_length_max,
                "an effect's name is 1 to 43 of [A-Za-z0-9_-]: its timers add a version");
  static_assert(
      !requires { F::attempts_max; },
      "an effect says how often it is tried by `static constexpr troupe::Retry "
      "retry{.attempts = 3}`, and has no attempts_max");
  static_assert(is_former_name<F>(), "the effect's `formerly` is another name that it had");
  if constexpr (requires { F::retry; }) {
    static_assert(std::same_as<std::remove_cvref_t<decltype(F::retry)>, Retry>,
                  "the effect's `retry` is a `static constexpr troupe::Retry`");
    static_assert(
        is_sensible(F::retry),
        "the effect's `retry` has a time of zero or of more than a year, or a longest pause "
        "below its first");
  }
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

/// A struct with `name`, `Aggregate`, `Event` (of that aggregate), `Request` and `Answer`
/// (protobuf) and the functions request, answered and failed. May declare its own
/// `static constexpr troupe::Retry retry{…}`; else it has that type's defaults: it is tried for a
/// day. Recognised by its base. The program gives it the port that performs it, see
/// <troupe/port.hpp>.
///
/// One that is renamed keeps its first name as `static constexpr std::string_view formerly`: under
/// it calls are stored, so that those which are open go on, and their keys are made of it.
///
/// The call is made at least once, always with the same idempotency key (a hash of the event's
/// subject, its version and the effect's first name), until it is answered, hopeless or over, see
/// `Retry`. `answered` and `failed`, which is told of every failed attempt, turn what comes of it
/// into commands for the same aggregate.
struct Effect {};

template <class F>
concept IsEffect = std::derived_from<F, Effect> && detail::effect_complete<F>();

}  // namespace troupe

// How long and how often an effect's call is tried.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <troupe/aggregate.hpp>

namespace troupe {

/// The policy of one effect. It is over with the last of `attempts`, or when the next one would
/// come later than `age` after the event that asked for the call, whichever is first. Both count
/// from the event, also on a node that starts anew. The first attempt is always made.
///
///     static constexpr troupe::Retry retry{.longest_pause = 30s, .age = 1h};
struct Retry {
  using Span = std::chrono::milliseconds;

  /// After a failed attempt. Each further pause is twice as long, up to the longest one, less up to
  /// a quarter by chance, so that calls that failed together do not come back together.
  Span first_pause{250};
  Span longest_pause{std::chrono::minutes(5)};
  unsigned attempts = 0;             ///< 0: any number
  Span age{std::chrono::hours(24)};  ///< `no_limit`: of any age
  Span timeout{5'000};               ///< of one attempt

  static constexpr Span no_limit = Span::max();
  static constexpr Span year = std::chrono::hours(24 * 365);

  /// Until it is answered: what is hopeless is tried again, too.
  constexpr bool for_ever() const { return attempts == 0 && age == no_limit; }
};

namespace detail {

constexpr bool is_sensible(const Retry& retry) {
  return retry.first_pause > Retry::Span::zero() && retry.longest_pause >= retry.first_pause
         && retry.age > Retry::Span::zero() && retry.timeout > Retry::Span::zero()
         && retry.longest_pause <= Retry::year && retry.timeout <= Retry::year;
}

/// The least pause is three quarters of it.
constexpr Retry::Span longest_pause_after(const Retry& retry, unsigned failed) {
  auto pause = retry.first_pause;
  for (unsigned n = 1; n < failed && pause < retry.longest_pause; ++n) pause *= 2;
  return std::min(pause, retry.longest_pause);
}

/// The same for the same call and attempt.
constexpr Retry::Span pause_after(const Retry& retry, unsigned failed, std::string_view key) {
  std::uint32_t chance = 2'166'136'261U + failed;  // FNV-1a
  for (const char c : key) chance = (chance ^ static_cast<unsigned char>(c)) * 16'777'619U;
  const auto most = longest_pause_after(retry, failed);
  return most - most / 4 * (chance >> 16) / 0xFFFF;
}

constexpr bool is_over(const Retry& retry, Time asked_at, Time now) {
  return retry.age != Retry::no_limit && now - asked_at > retry.age;
}

/// When the attempt after a failed one is made, or nothing when there is none.
constexpr std::optional<Time> next_attempt(const Retry& retry, unsigned failed, Time asked_at,
                                           Time now, std::string_view key) {
  if (retry.attempts != 0 && failed >= retry.attempts) return std::nullopt;
  const auto next = now + pause_after(retry, failed, key);
  if (is_over(retry, asked_at, next)) return std::nullopt;
  return next;
}

}  // namespace detail

}  // namespace troupe

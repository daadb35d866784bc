// How long and how often an effect's call is tried, as a function of its policy.
#include <catch2/catch_all.hpp>

#include <troupe/retry.hpp>

namespace {

using namespace std::chrono_literals;
using troupe::Retry;
using troupe::Time;
using troupe::detail::next_attempt;
using troupe::detail::pause_after;

constexpr Time asked_at{12h};

}  // namespace

TEST_CASE("pauses double up to the longest, less up to a quarter by chance", "[retry]") {
  constexpr Retry retry{.first_pause = 100ms, .longest_pause = 1s};
  auto most = 100ms;
  for (unsigned failed = 1; failed < 8; ++failed) {
    INFO(failed);
    for (const auto* key : {"", "a", "evt.example.account.alice@1/transfer"}) {
      const auto pause = pause_after(retry, failed, key);
      CHECK(pause <= most);
      CHECK(pause >= most - most / 4);
      CHECK(pause == pause_after(retry, failed, key));
    }
    most = std::min<Retry::Span>(most * 2, 1s);
  }
  CHECK(pause_after(retry, 4'000'000'000U, "a") <= 1s);
}

TEST_CASE("calls that fail together do not come back together", "[retry]") {
  constexpr Retry retry{.first_pause = 10s, .longest_pause = 10s};
  auto earliest = Retry::no_limit;
  auto latest = 0ms;
  for (int i = 0; i < 100; ++i) {
    const auto pause = pause_after(retry, 1, "evt.example.account." + std::to_string(i) + "@1/a");
    earliest = std::min(earliest, pause);
    latest = std::max<Retry::Span>(latest, pause);
  }
  CHECK(latest - earliest > 2s);
}

TEST_CASE("attempts are counted, whenever they are made", "[retry]") {
  constexpr Retry retry{.attempts = 3, .age = Retry::no_limit};
  CHECK(next_attempt(retry, 1, asked_at, asked_at, "a"));
  CHECK(next_attempt(retry, 2, asked_at, asked_at + 24h * 365, "a"));
  CHECK_FALSE(next_attempt(retry, 3, asked_at, asked_at, "a"));
  CHECK_FALSE(next_attempt(retry, 4, asked_at, asked_at, "a"));
}

TEST_CASE("no attempt is made later than the age after the event", "[retry]") {
  constexpr Retry retry{.first_pause = 1min, .longest_pause = 1min, .age = 1h};
  for (auto now = asked_at; now < asked_at + 2h; now += 7s)
    if (const auto next = next_attempt(retry, 9, asked_at, now, "a")) {
      CHECK(*next > now);
      CHECK(*next <= asked_at + 1h);
    } else {
      CHECK(now + 1min > asked_at + 1h);
    }
  CHECK_FALSE(troupe::detail::is_over(retry, asked_at, asked_at + 1h));
  CHECK(troupe::detail::is_over(retry, asked_at, asked_at + 1h + 1ms));
}

TEST_CASE("without a limit a call is tried for ever", "[retry]") {
  constexpr Retry retry{.age = Retry::no_limit};
  CHECK(retry.for_ever());
  CHECK_FALSE(Retry{}.for_ever());
  CHECK_FALSE((Retry{.attempts = 1, .age = Retry::no_limit}.for_ever()));
  CHECK(next_attempt(retry, 1'000'000, asked_at, asked_at + 24h * 10'000, "a"));
}

TEST_CASE("what a declaration does not say is tried for a day", "[retry]") {
  constexpr Retry retry{};
  CHECK(next_attempt(retry, 100, asked_at, asked_at + 23h, "a"));
  CHECK_FALSE(next_attempt(retry, 100, asked_at, asked_at + 24h, "a"));
}

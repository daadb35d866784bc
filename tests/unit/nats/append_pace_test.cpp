// When batches are the faster way to append.
#include <chrono>

#include <catch2/catch_all.hpp>

#include "runtime/nats/log/append_pace.hpp"

using namespace std::chrono_literals;
using troupe::nats::AppendPace;

namespace {

AppendPace measured(std::chrono::microseconds each) {
  AppendPace pace;
  pace.alone_measured(64, 64 * each, AppendPace::Time{1h});
  return pace;
}

}  // namespace

TEST_CASE("appends go alone as long as nothing was measured", "[nats][append_pace]") {
  CHECK(AppendPace().batch_from() == AppendPace::never);
}

TEST_CASE("appends go alone to a stream that takes them quickly", "[nats][append_pace]") {
  CHECK(measured(15us).batch_from() == AppendPace::never);
  CHECK(measured(99us).batch_from() == AppendPace::never);
}

TEST_CASE("a stream that flushes for each is given batches from a few messages on",
          "[nats][append_pace]") {
  auto pace = measured(220us);
  CHECK(pace.batch_from() == 5);  // four flushes at 220 us, shared by appends that cost 200 us more

  // Each is sent while the one before it is under way.
  AppendPace::Time now{2h};
  const auto acknowledge_batches = [&](int batches, std::chrono::microseconds each) {
    for (int i = 0; i < batches; ++i, now += each)
      pace.batch_acknowledged(100, now - (i > 0 ? 2 * each : each), now);
  };
  acknowledge_batches(50, 6'000us);
  CHECK(pace.batch_from() == 21);  // 4,000 us without the messages
  acknowledge_batches(50, 2'400us);
  CHECK(pace.batch_from() < 5);
}

TEST_CASE("a busy machine does not make a stream look slow for long", "[nats][append_pace]") {
  auto pace = measured(15us);
  pace.alone_measured(64, 64ms, AppendPace::Time{1h} + 1s);
  CHECK(pace.batch_from() == AppendPace::never);

  auto other = measured(1'000us);
  other.alone_measured(64, 64 * 15us, AppendPace::Time{1h} + 1s);
  CHECK(other.batch_from() == AppendPace::never);
}

TEST_CASE("old measurements count no more", "[nats][append_pace]") {
  auto pace = measured(15us);
  pace.alone_measured(64, 64 * 220us, AppendPace::Time{1h} + AppendPace::kept_for + 1ms);
  CHECK(pace.batch_from() == 5);
}

TEST_CASE("measurements are due often at first and seldom later", "[nats][append_pace]") {
  AppendPace pace;
  AppendPace::Time now{1h};
  CHECK(pace.is_due(now));
  for (std::size_t i = 0; i < AppendPace::kept; ++i) {
    pace.alone_measured(64, 64 * 15us, now);
    CHECK_FALSE(pace.is_due(now));
    const bool few = i + 1 < AppendPace::kept;
    CHECK(pace.is_due(now + AppendPace::first_due_after + 1ms) == few);
    now += AppendPace::first_due_after + 1ms;
  }
  CHECK(pace.is_due(now + AppendPace::due_after));
  pace.not_measured(now + AppendPace::due_after);
  CHECK_FALSE(pace.is_due(now + AppendPace::due_after));
}

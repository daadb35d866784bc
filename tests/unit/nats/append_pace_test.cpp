// When batches are the faster way to append.
#include <chrono>

#include <catch2/catch_all.hpp>

#include "runtime/nats/append_pace.hpp"

using namespace std::chrono_literals;
using troupe::nats::AppendPace;

namespace {

/// A stream that takes appends one after the other, with `under_way` of them always waiting.
class Stream {
public:
  Stream(AppendPace& pace, std::chrono::microseconds each) : pace_(pace), each_(each) {}

  void acknowledge(int appends, int under_way) {
    for (int i = 0; i < appends; ++i) {
      now += each_;
      pace_.alone_acknowledged(now - each_ * under_way, now);
    }
  }

  /// Of 100 messages, each sent while the one before it is under way.
  void acknowledge_batches(int batches, std::chrono::microseconds each) {
    for (int i = 0; i < batches; ++i) {
      now += each;
      pace_.batch_acknowledged(100, now - each - (i > 0 ? each : 0us), now);
    }
  }

  AppendPace::Time now{1h};

private:
  AppendPace& pace_;
  const std::chrono::microseconds each_;
};

}  // namespace

TEST_CASE("appends go alone as long as nothing was measured", "[nats][append_pace]") {
  CHECK(AppendPace().batch_from() == AppendPace::never);
}

TEST_CASE("appends go alone to a stream that takes them quickly", "[nats][append_pace]") {
  AppendPace pace;
  Stream stream(pace, 15us);
  stream.acknowledge(1, 1);
  stream.acknowledge(5'000, 1'000);
  CHECK(pace.batch_from() == AppendPace::never);
}

TEST_CASE("a stream that flushes for each is given batches from a few messages on",
          "[nats][append_pace]") {
  AppendPace pace;
  Stream stream(pace, 220us);
  stream.acknowledge(1, 1);
  stream.acknowledge(200, 100);
  CHECK(pace.batch_from() == 5);  // four flushes at 220 us, shared by appends that cost 200 us more

  stream.acknowledge_batches(50, 6'000us);
  CHECK(pace.batch_from() == 21);  // 4,000 us without the messages
  stream.acknowledge_batches(50, 2'400us);
  CHECK(pace.batch_from() < 5);
}

TEST_CASE("the time between a client's own requests says nothing about the stream",
          "[nats][append_pace]") {
  AppendPace pace;
  Stream idle(pace, 2ms);
  idle.acknowledge(1'000, 1);
  CHECK(pace.batch_from() == AppendPace::never);
}

TEST_CASE("acknowledgements that come in bursts are measured by their mean",
          "[nats][append_pace]") {
  AppendPace pace;
  AppendPace::Time now{1h};
  pace.alone_acknowledged(now - 300us, now);
  for (int burst = 0; burst < 20; ++burst) {
    now += 22ms;
    for (int i = 0; i < 100; ++i) pace.alone_acknowledged(now - 100ms, now);
  }
  CHECK(pace.batch_from() == 5);
}

TEST_CASE("a measurement grows old, and a new one counts", "[nats][append_pace]") {
  AppendPace pace;
  Stream slow(pace, 220us);
  slow.acknowledge(1, 1);
  slow.acknowledge(200, 100);
  CHECK_FALSE(pace.is_old(slow.now));
  CHECK(pace.is_old(slow.now + AppendPace::measured_for + 1ms));

  Stream fast(pace, 20us);
  fast.now = slow.now + 3s;
  fast.acknowledge(10'000, 1'000);
  CHECK_FALSE(pace.is_old(fast.now));
  CHECK(pace.batch_from() == AppendPace::never);
}

// How the memory broker delivers: by contract, and with the faults a test asked for.
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/memory/memory_event_log.hpp"
#include "runtime/memory/memory_parked_events.hpp"
#include "runtime/memory/memory_subscriptions.hpp"
#include "tests/unit/memory/answers.hpp"

using namespace troupe;
using namespace troupe::test;
using Sequences = std::vector<std::uint64_t>;

namespace {

struct World {
  memory::Broker broker;
  memory::MemoryEventLog log{broker};
  memory::MemorySubscriptions subscriptions{broker};
  Recorder recorder;

  std::unique_ptr<Subscription> subscribe(std::size_t in_flight_max) {
    return subscribe(in_flight_max, recorder);
  }
  std::unique_ptr<Subscription> subscribe(std::size_t in_flight_max, DeliveryHandler& handler) {
    return subscriptions.events(token("ordering"), token("payments-from-ordering"), in_flight_max,
                                handler);
  }
  void append_many(std::size_t count) {
    std::vector<std::string> commits(count, "commit");
    REQUIRE(append(log, Subject::events(order()), 0, std::move(commits)).get().detail.empty());
  }
};

}  // namespace

TEST_CASE("a handler hears of its activation before its deliveries", "[memory]") {
  World world;
  world.append_many(3);
  const auto subscription = world.subscribe(10);
  const auto deliveries = world.recorder.take(3);
  CHECK(sequences(deliveries) == Sequences{1, 2, 3});
  REQUIRE(world.recorder.generations().size() == 1);
  CHECK(deliveries.front().generation == world.recorder.generations().front());
}

TEST_CASE("no more deliveries are unacknowledged than was asked for", "[memory]") {
  World world;
  world.append_many(5);
  const auto subscription = world.subscribe(2);
  auto first = world.recorder.take(2);
  world.broker.settle();
  CHECK(sequences(first) == Sequences{1, 2});
  CHECK(world.recorder.take(0).empty());
  first[1].acknowledge();
  CHECK(sequences(world.recorder.take(1)) == Sequences{3});
}

TEST_CASE("another activation starts after the oldest message that is not acknowledged",
          "[memory]") {
  World world;
  world.append_many(4);
  const auto subscription = world.subscribe(3);
  auto first = world.recorder.take(3);
  first[0].acknowledge();
  first[2].acknowledge();
  REQUIRE(sequences(world.recorder.take(1)) == Sequences{4});

  world.broker.reactivate();
  auto second = world.recorder.take(3);
  CHECK(sequences(second) == Sequences{2, 3, 4});
  CHECK(second.front().generation > first.front().generation);

  first[1].acknowledge();  // of the former generation: means nothing
  world.broker.reactivate();
  CHECK(sequences(world.recorder.take(3)) == Sequences{2, 3, 4});
}

TEST_CASE("one handler of a consumer is active, the next takes over when it ends", "[memory]") {
  World world;
  world.append_many(2);
  Recorder standby;
  auto active = world.subscribe(10);
  const auto waiting = world.subscribe(10, standby);
  auto deliveries = world.recorder.take(2);
  deliveries[0].acknowledge();
  world.broker.settle();
  CHECK(standby.generations().empty());

  active.reset();
  CHECK(sequences(standby.take(1)) == Sequences{2});
  CHECK(standby.generations().front() > deliveries[0].generation);
}

TEST_CASE("a subscription that ended is not called any more, and its place is kept", "[memory]") {
  World world;
  world.append_many(2);
  auto subscription = world.subscribe(10);
  world.recorder.take(2)[0].acknowledge();
  subscription.reset();
  REQUIRE(append(world.log, Subject::events(order("o-2")), 0, {"x"}).get().sequence == 3);
  world.broker.settle();
  CHECK(world.recorder.take(0).empty());
  subscription = world.subscribe(10);
  CHECK(sequences(world.recorder.take(2)) == Sequences{2, 3});
}

TEST_CASE("without a reset, unacknowledged messages come again newest first", "[memory]") {
  World world;
  world.append_many(4);
  const auto subscription = world.subscribe(10);
  auto deliveries = world.recorder.take(4);
  deliveries[1].acknowledge();
  world.broker.redeliver_backwards();
  CHECK(sequences(world.recorder.take(3)) == Sequences{4, 3, 1});
  CHECK(world.recorder.generations().size() == 1);
}

TEST_CASE("deliveries can come twice", "[memory]") {
  World world;
  world.broker.duplicate_deliveries(true);
  world.append_many(2);
  const auto subscription = world.subscribe(1);
  auto twice = world.recorder.take(2);
  CHECK(sequences(twice) == Sequences{1, 1});
  twice[0].acknowledge();
  twice[1].acknowledge();
  CHECK(sequences(world.recorder.take(2)) == Sequences{2, 2});
}

TEST_CASE("acknowledgements to an unavailable broker are lost", "[memory]") {
  World world;
  world.append_many(2);
  const auto subscription = world.subscribe(10);
  auto deliveries = world.recorder.take(2);
  world.broker.set_available(false);
  deliveries[0].acknowledge();
  world.broker.set_available(true);
  CHECK(sequences(world.recorder.take(2)) == Sequences{1, 2});
  CHECK(world.recorder.generations().size() == 2);
}

TEST_CASE("a handler may end its own subscription", "[memory]") {
  struct Quits final : DeliveryHandler {
    std::unique_ptr<Subscription> subscription;
    std::vector<std::uint64_t> seen;
    void activated(std::uint64_t) override {}
    void deliver(Delivery delivery) override {
      seen.push_back(delivery.sequence);
      delivery.acknowledge();
      subscription.reset();
    }
  };
  World world;
  Quits quits;
  quits.subscription = world.subscribe(10, quits);
  world.append_many(2);
  world.broker.settle();
  CHECK(quits.seen == Sequences{1});
}

TEST_CASE("parking fails as retryable while the broker is unavailable", "[memory]") {
  World world;
  memory::MemoryParkedEvents parked(world.broker);
  const auto park = [&](std::string record) {
    return answer_to<Result<void>>([&](auto done) {
      parked.park(token("payments"), token("payments-from-ordering"), Subject::events(order()),
                  std::move(record), std::move(done));
    });
  };
  world.broker.set_available(false);
  const auto refused = park("a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().retryable);
  world.broker.set_available(true);
  REQUIRE(park("b"));
  const auto records =
      world.broker.scan("DLQ_PAYMENTS", "dlq.payments.payments-from-ordering.").value();
  REQUIRE(records.size() == 1);
  CHECK(records[0].bytes == "b");
}

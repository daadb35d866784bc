// What durable timers promise, in memory and in JetStream.
#include <chrono>
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include <troupe/timestamp.hpp>
#include "runtime/ports/clock.hpp"
#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

/// The port says within 250 ms; a busy test machine adds to that.
constexpr auto lateness_max = 1'500ms;
/// Long enough to see that a timer does not fire.
constexpr auto silence = 1'500ms;

Token token(std::string_view text) { return Token::parse(text).value(); }

template <class Backend>
struct Bench {
  Backend backend;
  DeliveryRecorder fired;
  std::unique_ptr<Subscription> subscription =
      backend.subscriptions().timers(backend.context(), 100, fired);

  Instance order(std::string_view id) { return {backend.context(), token("order"), token(id)}; }
  Result<void> arm(const Instance& instance, std::string_view name, Time due, std::string record) {
    std::promise<Result<void>> done;
    backend.timers().arm(instance, token(name), due, std::move(record),
                         [&](Result<void> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  Result<void> disarm(const Instance& instance, std::string_view name) {
    std::promise<Result<void>> done;
    backend.timers().disarm(instance, token(name),
                            [&](Result<void> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
};

Time in(std::chrono::milliseconds delay) { return SystemClock().now() + delay; }

}  // namespace

TEMPLATE_TEST_CASE("timer: it fires when it is due, with its record", "[contract][timer]", InMemory,
                   OnJetStream) {
  Bench<TestType> bench;
  const Time due = in(600ms);
  const std::string record("bytes\0with zero", 15);
  REQUIRE(bench.arm(bench.order("o-1"), "payment-deadline", due, record));
  REQUIRE(bench.fired.wait_for(1));
  const Time fired_at = in(0ms);
  CHECK(fired_at >= due);
  CHECK(fired_at < due + lateness_max);
  CHECK(bench.fired.bytes().front() == record);
  CHECK(bench.fired.current().front().subject
        == Subject::timer_fired(bench.order("o-1"), token("payment-deadline")));
}

TEMPLATE_TEST_CASE("timer: one that is due already fires at once", "[contract][timer]", InMemory,
                   OnJetStream) {
  Bench<TestType> bench;
  const Time armed_at = in(0ms);
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", armed_at - 24h, "late"));
  REQUIRE(bench.fired.wait_for(1));
  CHECK(in(0ms) < armed_at + lateness_max);
}

TEMPLATE_TEST_CASE("timer: one of a distant time waits, one of a distant past does not",
                   "[contract][timer]", InMemory, OnJetStream) {
  Bench<TestType> bench;
  REQUIRE(bench.arm(bench.order("o-1"), "in-9999", latest_time, "in 9999"));
  REQUIRE(bench.arm(bench.order("o-2"), "in-2262", Time(std::chrono::sys_days(2262y / 4 / 12)),
                    "in 2262"));
  REQUIRE(bench.arm(bench.order("o-3"), "in-2261", Time(std::chrono::sys_days(2261y / 12 / 31)),
                    "in 2261"));
  REQUIRE(bench.arm(bench.order("o-4"), "in-1", earliest_time, "in 1"));
  REQUIRE(bench.fired.wait_for(1));
  REQUIRE(bench.arm(bench.order("o-5"), "soon", in(300ms), "soon"));
  REQUIRE(bench.fired.wait_for(2));  // whatever fires at once came before
  CHECK(bench.fired.bytes() == std::vector<std::string>{"in 1", "soon"});
}

TEMPLATE_TEST_CASE("timer: armed again it fires once, as armed last", "[contract][timer]", InMemory,
                   OnJetStream) {
  Bench<TestType> bench;
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(400ms), "first"));
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(800ms), "second"));
  REQUIRE(bench.fired.wait_for(1));
  CHECK_FALSE(bench.fired.wait_for(2, silence));
  CHECK(bench.fired.bytes() == std::vector<std::string>{"second"});
}

TEMPLATE_TEST_CASE("timer: a disarmed one does not fire, and others do", "[contract][timer]",
                   InMemory, OnJetStream) {
  Bench<TestType> bench;
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(700ms), "o-1 deadline"));
  REQUIRE(bench.arm(bench.order("o-1"), "reminder", in(800ms), "o-1 reminder"));
  REQUIRE(bench.arm(bench.order("o-2"), "deadline", in(900ms), "o-2 deadline"));
  REQUIRE(bench.disarm(bench.order("o-1"), "deadline"));
  REQUIRE(bench.fired.wait_for(2));
  CHECK_FALSE(bench.fired.wait_for(3, silence));
  CHECK(bench.fired.bytes() == std::vector<std::string>{"o-1 reminder", "o-2 deadline"});
}

TEMPLATE_TEST_CASE("timer: disarming where nothing is armed succeeds", "[contract][timer]",
                   InMemory, OnJetStream) {
  Bench<TestType> bench;
  CHECK(bench.disarm(bench.order("o-1"), "deadline"));
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(0ms), "x"));
  REQUIRE(bench.fired.wait_for(1));
  CHECK(bench.disarm(bench.order("o-1"), "deadline"));
}

TEMPLATE_TEST_CASE("timer: fired and acknowledged it never comes again; unacknowledged it does",
                   "[contract][timer]", InMemory, OnJetStream) {
  Bench<TestType> bench;
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(0ms), "one"));
  REQUIRE(bench.fired.wait_for(1));
  REQUIRE(bench.arm(bench.order("o-2"), "deadline", in(0ms), "two"));
  REQUIRE(bench.fired.wait_for(2));
  bench.fired.acknowledge(0);

  bench.subscription.reset();
  DeliveryRecorder next;
  const auto subscription =
      bench.backend.subscriptions().timers(bench.backend.context(), 100, next);
  REQUIRE(bench.arm(bench.order("o-3"), "deadline", in(0ms), "three"));
  REQUIRE(next.wait_for_bytes("three"));
  CHECK(next.bytes() == std::vector<std::string>{"two", "three"});
}

// ---- JetStream only -----------------------------------------------------------------------------

TEST_CASE("timer on JetStream: a fired one that the consumer has passed comes to the next handler",
          "[contract][timer]") {
  Bench<OnJetStream> bench;
  const auto stream = stream_name(StreamKind::timers, bench.backend.context());
  const auto ask = [&](const std::string& verb, const nlohmann::json& body = {}) {
    return nats::ask_api_and_wait(bench.backend.connection(), verb, body);
  };
  REQUIRE(eventually(5s, [&] { return ask("CONSUMER.INFO." + stream + ".timers").has_value(); }));
  bench.subscription.reset();
  REQUIRE(bench.arm(bench.order("o-1"), "payment-deadline", in(0ms), "record"));
  REQUIRE(eventually(5s, [&] {  // the fired one takes the armed one's place
    const auto info = ask("STREAM.INFO." + stream);
    return info && info->at("/state/last_seq"_json_pointer) == 2;
  }));
  REQUIRE(ask("CONSUMER.RESET." + stream + ".timers", {{"seq", 3}}));
  bench.subscription =
      bench.backend.subscriptions().timers(bench.backend.context(), 100, bench.fired);
  CHECK(bench.fired.wait_for(1));
}

TEST_CASE("timer on JetStream: it fires although the server was killed meanwhile",
          "[contract][timer]") {
  auto& server = OnJetStream::shared_server();
  Bench<OnJetStream> bench;
  REQUIRE(bench.arm(bench.order("o-1"), "deadline", in(300ms), "survives"));
  REQUIRE(bench.arm(bench.order("o-2"), "deadline", in(3'000ms), "survives too"));
  server->kill_hard();
  or_throw(server->restart());
  bench.backend.wait_until_connected();
  REQUIRE(bench.fired.wait_for_bytes("survives"));
  REQUIRE(bench.fired.wait_for_bytes("survives too"));
}

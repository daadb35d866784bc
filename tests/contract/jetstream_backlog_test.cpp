// What a context has still to do is what JetStream says.
#include "runtime/check/run/jetstream_backlog.hpp"

#include <future>

#include <catch2/catch_all.hpp>

#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

Token token(std::string_view text) { return Token::parse(text).value(); }

void append(OnJetStream& backend, const Instance& order) {
  std::promise<AppendResult> done;
  backend.log().append(Subject::events(order), 0, {"a commit"},
                       [&](AppendResult result) { done.set_value(std::move(result)); });
  REQUIRE(done.get_future().get().outcome == AppendResult::Outcome::acknowledged);
}

/// Waits for a Done of one of the ports.
template <class Start>
void succeeds(const Start& start) {
  std::promise<Result<void>> done;
  start([&](Result<void> result) { done.set_value(std::move(result)); });
  REQUIRE(done.get_future().get());
}

}  // namespace

TEST_CASE("backlog: a context that nothing happened in has none", "[contract][check]") {
  OnJetStream backend;
  check::JetStreamBacklog source(backend.connection());
  const auto backlog = source.backlog(backend.context()).value();
  CHECK(backlog.consumers.empty());
  CHECK(backlog.timers.empty());
  CHECK(backlog.parked.empty());
}

TEST_CASE("backlog: unread and unacknowledged events count until they are acknowledged",
          "[contract][check]") {
  OnJetStream backend;
  check::JetStreamBacklog source(backend.connection());
  append(backend, {backend.context(), token("order"), token("o-1")});
  append(backend, {backend.context(), token("order"), token("o-2")});
  DeliveryRecorder recorder;
  const auto subscription =
      backend.subscriptions().events(backend.context(), token("payments-from-test"), 1, recorder);
  REQUIRE(recorder.wait_for(1));

  const auto consumer = source.backlog(backend.context()).value().consumers.at(0);
  CHECK_THAT(consumer.name, Catch::Matchers::EndsWith("/payments-from-test"));
  CHECK(consumer.pending == 1);
  CHECK(consumer.ack_pending == 1);

  recorder.acknowledge(0);
  REQUIRE(recorder.wait_for(2));
  recorder.acknowledge(1);
  CHECK(eventually(10s, [&] {
    const auto now = source.backlog(backend.context()).value().consumers.at(0);
    return now.pending == 0 && now.ack_pending == 0;
  }));
}

TEST_CASE("backlog: armed timers and parked events are seen", "[contract][check]") {
  OnJetStream backend;
  check::JetStreamBacklog source(backend.connection());
  const Instance order{backend.context(), token("order"), token("o-1")};
  const auto tomorrow =
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + 24h;
  succeeds([&](auto done) {
    backend.timers().arm(order, token("deadline"), tomorrow, "record", std::move(done));
  });
  succeeds([&](auto done) {
    backend.parked().park(backend.context(), token("payments-from-test"), Subject::events(order),
                          "record", std::move(done));
  });
  const auto backlog = source.backlog(backend.context()).value();
  CHECK(backlog.timers == std::vector{Subject::timer_armed(order, token("deadline")).str()});
  CHECK(backlog.parked.size() == 1);

  succeeds([&](auto done) { backend.timers().disarm(order, token("deadline"), std::move(done)); });
  CHECK(source.backlog(backend.context()).value().timers.empty());
}

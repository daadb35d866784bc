// What subscriptions promise, in memory and in JetStream.
#include <chrono>
#include <future>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/jetstream/api.hpp"
#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

using Strings = std::vector<std::string>;

constexpr std::size_t many_in_flight = 100;
/// From the last sign of an active handler to the first delivery of the next.
constexpr auto take_over_max = 3s;

Token token(std::string_view text) { return Token::parse(text).value(); }

/// Appends commits of instances of one context, one after the other.
class Writer {
public:
  Writer(EventLog& log, Token context) : log_(log), context_(std::move(context)) {}

  void write(std::string_view id, std::string bytes) {
    const auto subject = Subject::events({context_, token("order"), token(id)});
    std::promise<AppendResult> answer;
    log_.append(subject, last_[subject], {std::move(bytes)},
                [&](AppendResult result) { answer.set_value(std::move(result)); });
    const auto result = answer.get_future().get();
    REQUIRE(result.outcome == AppendResult::Outcome::acknowledged);
    last_[subject] = result.sequence;
  }

  /// "1", "2", … on three instances in turn.
  Strings write_numbers(int first, int last) {
    Strings written;
    for (int i = first; i <= last; ++i) {
      written.push_back(std::to_string(i));
      write("o-" + std::to_string(i % 3), written.back());
    }
    return written;
  }

private:
  EventLog& log_;
  const Token context_;
  std::map<Subject, std::uint64_t> last_;
};

bool strictly_increasing(const std::vector<Delivery>& deliveries) {
  return std::ranges::adjacent_find(deliveries, std::ranges::greater_equal{}, &Delivery::sequence)
         == deliveries.end();
}

template <class Backend>
std::unique_ptr<Subscription> subscribe(Backend& backend, DeliveryHandler& handler,
                                        std::size_t in_flight_max = many_in_flight,
                                        std::string_view consumer = "payments-from-ordering") {
  return backend.subscriptions().events(backend.context(), token(consumer), in_flight_max, handler);
}

}  // namespace

TEMPLATE_TEST_CASE("subscription: commits come in the order of the stream",
                   "[contract][subscription]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  auto written = writer.write_numbers(1, 10);
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription = subscribe(backend, handler);
  REQUIRE(handler.wait_for(10));
  for (auto& more : writer.write_numbers(11, 20)) written.push_back(std::move(more));

  REQUIRE(handler.wait_for(20));
  CHECK(handler.bytes() == written);
  CHECK(strictly_increasing(handler.current()));
  CHECK(handler.activations() == 1);
  CHECK_FALSE(handler.stray());
  CHECK(handler.current()[3].subject
        == Subject::events({backend.context(), token("order"), token("o-1")}));
}

TEMPLATE_TEST_CASE("subscription: what was acknowledged does not come again",
                   "[contract][subscription]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 5);
  {
    DeliveryRecorder first;
    const auto subscription = subscribe(backend, first);
    REQUIRE(first.wait_for(5));
    first.acknowledge_all();
  }
  const auto written = writer.write_numbers(6, 8);
  DeliveryRecorder second;
  const auto subscription = subscribe(backend, second);
  REQUIRE(second.wait_for(3));
  CHECK(second.bytes() == written);
}

TEMPLATE_TEST_CASE(
    "subscription: after a handler's death everything from the first unacknowledged on comes "
    "again, in order",
    "[contract][subscription]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 9);
  {
    DeliveryRecorder first;
    const auto subscription = subscribe(backend, first, 6);
    REQUIRE(first.wait_for(6));
    for (const std::size_t index : {0, 1, 3}) first.acknowledge(index);
    REQUIRE(first.wait_for(9));
  }
  writer.write_numbers(10, 12);
  DeliveryRecorder second;
  const auto subscription = subscribe(backend, second, many_in_flight);
  REQUIRE(second.wait_for_bytes("12"));
  const auto bytes = second.bytes();
  CHECK(bytes.front() == "3");  // whether "4" comes again is open
  CHECK(strictly_increasing(second.current()));
  for (const auto* wanted : {"3", "5", "6", "7", "8", "9", "10", "11", "12"})
    CHECK(std::ranges::count(bytes, wanted) == 1);
}

TEMPLATE_TEST_CASE("subscription: of two handlers one is active, and the other takes over",
                   "[contract][subscription]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  DeliveryRecorder first;
  DeliveryRecorder second;
  auto active = subscribe(backend, first, 5);
  writer.write_numbers(1, 2);
  REQUIRE(first.wait_for(2));
  first.acknowledge_all();
  auto waiting = subscribe(backend, second, 5);
  writer.write_numbers(3, 7);
  REQUIRE(first.wait_for(7));
  CHECK(second.total() == 0);

  // All that may be in flight is in the dead one's hands.
  const auto died_at = std::chrono::steady_clock::now();
  active.reset();
  REQUIRE(second.wait_for(5));
  CHECK(std::chrono::steady_clock::now() - died_at < take_over_max);
  CHECK(second.bytes() == Strings{"3", "4", "5", "6", "7"});
  CHECK(second.activations() == 1);
  CHECK_FALSE(second.stray());
}

TEMPLATE_TEST_CASE("subscription: an acknowledgement of a dead handler's delivery harms nobody",
                   "[contract][subscription]", InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 3);
  DeliveryRecorder first;
  subscribe(backend, first).reset();
  {
    const auto subscription = subscribe(backend, first);
    REQUIRE(first.wait_for(3));
  }
  DeliveryRecorder second;
  const auto subscription = subscribe(backend, second);
  REQUIRE(second.wait_for(3));
  first.acknowledge_all();
  writer.write_numbers(4, 4);
  REQUIRE(second.wait_for(4));
  CHECK(second.bytes() == Strings{"1", "2", "3", "4"});
  second.acknowledge_all();
}

TEMPLATE_TEST_CASE("subscription: no more is in flight than was agreed", "[contract][subscription]",
                   InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  const auto written = writer.write_numbers(1, 12);
  DeliveryRecorder handler;
  const auto subscription = subscribe(backend, handler, 3);
  for (std::size_t i = 0; i < written.size(); ++i) {
    REQUIRE(handler.wait_for(i + 1));
    handler.acknowledge(i);
  }
  CHECK(handler.bytes() == written);
  CHECK(handler.unacknowledged_max() <= 3);
}

TEMPLATE_TEST_CASE("subscription: each consumer gets everything", "[contract][subscription]",
                   InMemory, OnJetStream) {
  TestType backend;
  Writer writer(backend.log(), backend.context());
  DeliveryRecorder payments;
  DeliveryRecorder inventory;
  const auto one = subscribe(backend, payments, many_in_flight, "payments-from-ordering");
  const auto two = subscribe(backend, inventory, many_in_flight, "inventory-from-ordering");
  const auto written = writer.write_numbers(1, 4);
  REQUIRE(payments.wait_for(4));
  REQUIRE(inventory.wait_for(4));
  CHECK(payments.bytes() == written);
  CHECK(inventory.bytes() == written);
}

// ---- JetStream only -----------------------------------------------------------------------------

namespace {

nlohmann::json consumer_info(OnJetStream& backend) {
  return nats::ask_api_and_wait(backend.connection(),
                                "CONSUMER.INFO."
                                    + stream_name(StreamKind::events, backend.context())
                                    + ".payments-from-ordering",
                                nullptr)
      .value();
}

}  // namespace

TEST_CASE("subscription on JetStream: it goes on after the server was killed and came back",
          "[contract][subscription]") {
  auto& server = OnJetStream::shared_server();
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 6);
  DeliveryRecorder handler;
  const auto subscription = subscribe(backend, handler);
  REQUIRE(handler.wait_for(6));
  handler.acknowledge(0);
  handler.acknowledge(1);
  REQUIRE(eventually(5s, [&] { return consumer_info(backend)["num_ack_pending"] == 4; }));

  server->kill_hard();
  or_throw(server->restart());
  backend.wait_until_connected();
  REQUIRE(handler.wait_for_activations(2));
  writer.write_numbers(7, 9);
  REQUIRE(handler.wait_for_bytes("9"));
  // The server may have forgotten the latest acknowledgements.
  const auto bytes = handler.bytes();
  REQUIRE(bytes.size() >= 7);
  CHECK(Strings(bytes.end() - 7, bytes.end()) == Strings{"3", "4", "5", "6", "7", "8", "9"});
  CHECK(strictly_increasing(handler.current()));
  CHECK_FALSE(handler.stray());
  handler.acknowledge_all();
  CHECK(eventually(5s, [&] { return consumer_info(backend)["num_ack_pending"] == 0; }));
}

TEST_CASE("subscription on JetStream: what is handled for long does not come again",
          "[contract][subscription]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  nats::JetStreamSubscriptions impatient(backend.connection(), 1'000ms);
  DeliveryRecorder handler;
  const auto subscription =
      impatient.events(backend.context(), token("payments-from-ordering"), 5, handler);
  writer.write_numbers(1, 2);
  REQUIRE(handler.wait_for(2));
  CHECK_FALSE(handler.wait_for(3, 3'500ms));
  const auto info = consumer_info(backend);
  CHECK(info["num_redelivered"] == 0);
  CHECK(info["num_ack_pending"] == 2);
  handler.acknowledge_all();
  CHECK(eventually(5s, [&] { return consumer_info(backend)["num_ack_pending"] == 0; }));
  CHECK(handler.activations() == 1);
}

TEST_CASE("subscription on JetStream: an idle handler stays the active one",
          "[contract][subscription]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  DeliveryRecorder first;
  DeliveryRecorder second;
  first.acknowledges_at_once = true;
  const auto active = subscribe(backend, first);
  writer.write_numbers(1, 1);
  REQUIRE(first.wait_for(1));
  const auto waiting = subscribe(backend, second);
  CHECK_FALSE(first.wait_for(2, 2'500ms));
  writer.write_numbers(2, 3);
  REQUIRE(first.wait_for(3));
  CHECK(first.activations() == 1);
  CHECK(second.activations() == 0);
}

TEST_CASE("subscription on JetStream: somebody else's reset starts it over in order",
          "[contract][subscription]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 4);
  DeliveryRecorder handler;
  const auto subscription = subscribe(backend, handler);
  REQUIRE(handler.wait_for(4));
  handler.acknowledge(0);
  REQUIRE(eventually(5s, [&] { return consumer_info(backend)["num_ack_pending"] == 3; }));
  REQUIRE(nats::ask_api_and_wait(backend.connection(),
                                 "CONSUMER.RESET."
                                     + stream_name(StreamKind::events, backend.context())
                                     + ".payments-from-ordering",
                                 nullptr));
  REQUIRE(handler.wait_for_activations(2));
  writer.write_numbers(5, 5);
  REQUIRE(handler.wait_for(4));
  CHECK(handler.bytes() == Strings{"2", "3", "4", "5"});
}

TEST_CASE("subscription on JetStream: it survives the deletion of its consumer and begins again",
          "[contract][subscription]") {
  OnJetStream backend;
  Writer writer(backend.log(), backend.context());
  writer.write_numbers(1, 2);
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription = subscribe(backend, handler);
  REQUIRE(handler.wait_for(2));
  REQUIRE(nats::ask_api_and_wait(backend.connection(),
                                 "CONSUMER.DELETE."
                                     + stream_name(StreamKind::events, backend.context())
                                     + ".payments-from-ordering",
                                 nullptr));
  REQUIRE(handler.wait_for_activations(2));
  REQUIRE(handler.wait_for(2));
  CHECK(handler.bytes() == Strings{"1", "2"});
}

TEST_CASE("subscription on JetStream: it waits for a stream that is not there yet",
          "[contract][subscription]") {
  OnJetStream backend;
  const Token later = token("later-" + random_id());
  DeliveryRecorder handler;
  const auto subscription = backend.subscriptions().events(later, token("c"), 5, handler);
  or_throw(nats::ensure_streams(backend.connection(), later, 1));
  Writer writer(backend.log(), later);
  writer.write_numbers(1, 1);
  CHECK(handler.wait_for(1));
}

// Deliveries under limits that an operator or the server sets, and what is said of them.
#include <chrono>
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/base/json.hpp"
#include "runtime/nats/deliveries/jetstream_backlogs.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/ports/clock.hpp"
#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/on_jetstream.hpp"
#include "troupe/v1/records.pb.h"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

Token token(std::string_view text) { return Token::parse(text).value(); }

/// A server of its own with limits, and the streams of a context on it.
class LimitedServer {
public:
  explicit LimitedServer(std::string limits)
      : server_(or_throw(tool::PrivateNats::start(
          {.folder = folder_.path(), .jetstream = "  limits { " + std::move(limits) + " }\n"}))),
        connection_(or_throw(nats::Connection::open({.url = server_->url(), .name = "test"}))) {
    or_throw(nats::ensure_streams(*connection_, context, 1));
  }

  const Token context = token("ordering");
  nats::Connection& connection() { return *connection_; }

  void append(int count) {
    for (int i = 0; i < count; ++i)
      REQUIRE(nats::read_api_reply(
          "a commit", connection_->request_and_wait("evt.ordering.order.o-" + std::to_string(i), {},
                                                    "commit", 5s)));
  }

private:
  const tool::TempFolder folder_{"troupe-limits"};
  const std::unique_ptr<tool::PrivateNats> server_;
  const std::unique_ptr<nats::Connection> connection_;
};

/// Changes settings of a stream, as `nats stream edit` does.
void edit(nats::Connection& connection, const std::string& stream, const json& changes) {
  const auto info = nats::ask_api_and_wait(connection, "STREAM.INFO." + stream, nullptr);
  REQUIRE(info);
  auto config = info->at("config");
  config.update(changes);
  const auto edited = nats::ask_api_and_wait(connection, "STREAM.UPDATE." + stream, config);
  INFO((edited ? "" : edited.error().what));
  REQUIRE(edited);
}

}  // namespace

TEST_CASE("a subscription asks for no more at a time than the server allows",
          "[contract][subscription][limits]") {
  LimitedServer limited("max_request_batch: 5");
  limited.append(100);
  nats::JetStreamSubscriptions subscriptions(limited.connection());
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription =
      subscriptions.events(limited.context, token("payments-from-ordering"), 50, handler);
  CHECK(handler.wait_for(100));
}

TEST_CASE("a limit that is set while a subscription runs is kept from then on",
          "[contract][subscription][limits]") {
  LimitedServer limited("max_ack_pending: 1000");
  limited.append(1);
  nats::JetStreamSubscriptions subscriptions(limited.connection());
  DeliveryRecorder handler;
  handler.acknowledges_at_once = true;
  const auto subscription =
      subscriptions.events(limited.context, token("payments-from-ordering"), 50, handler);
  REQUIRE(handler.wait_for(1));
  edit(limited.connection(), "EVT_ORDERING", {{"consumer_limits", {{"max_ack_pending", 1000}}}});
  auto info = nats::ask_api_and_wait(limited.connection(),
                                     "CONSUMER.INFO.EVT_ORDERING.payments-from-ordering", nullptr);
  REQUIRE(info);
  auto config = info->at("config");
  config["max_batch"] = 5;
  REQUIRE(nats::ask_api_and_wait(limited.connection(),
                                 "CONSUMER.CREATE.EVT_ORDERING.payments-from-ordering",
                                 {{"stream_name", "EVT_ORDERING"}, {"config", config}}));
  limited.append(100);
  CHECK(eventually(10s, [&] { return handler.total() >= 101; }));
}

TEST_CASE("a subscription that the server does not allow says why, until it is allowed",
          "[contract][subscription][limits]") {
  LimitedServer limited("max_ack_pending: 40");
  limited.append(1);
  nats::JetStreamSubscriptions subscriptions(limited.connection());
  DeliveryRecorder handler;
  {
    const auto subscription =
        subscriptions.events(limited.context, token("payments-from-ordering"), 50, handler);
    CHECK(handler.wait_for_refusal("max ack pending exceeds system limit of 40", 10s));
  }
  const auto subscription =
      subscriptions.events(limited.context, token("payments-from-ordering"), 40, handler);
  CHECK(handler.wait_for(1));
}

TEST_CASE("a backlog: what a consumer has to do, whether it is paused, and since when what waits",
          "[contract][backlog]") {
  OnJetStream backend;
  const auto context = backend.context();
  const auto stream = stream_name(StreamKind::events, context);
  nats::JetStreamBacklogs backlog(backend.connection());
  const auto name = token("other-from-this");
  REQUIRE(backlog.reactions(context, name));
  CHECK_FALSE(backlog.reactions(context, name).value());

  DeliveryRecorder handler;
  auto subscription = backend.subscriptions().events(context, name, 3, handler);
  const auto before = SystemClock{}.now();
  for (int i = 0; i < 5; ++i)
    REQUIRE(nats::read_api_reply(
        "a commit",
        backend.connection().request_and_wait(
            Subject::events({context, token("order"), token("o-1")}).str(), {}, "x", 5s)));
  REQUIRE(handler.wait_for(3));
  auto found = backlog.reactions(context, name).value();
  REQUIRE(found);
  CHECK(found->pending.count == 5);
  CHECK(found->delivered == 3);
  CHECK(found->delivered_max == 3);
  CHECK(found->done_up_to == 0);
  CHECK(found->attended);
  CHECK(found->paused_until.empty());
  REQUIRE(found->pending.oldest);
  CHECK(*found->pending.oldest >= before - 1s);
  CHECK(*found->pending.oldest <= SystemClock{}.now() + 1s);

  REQUIRE(nats::ask_api_and_wait(backend.connection(),
                                 "CONSUMER.PAUSE." + stream + "." + name.str(),
                                 {{"pause_until", "2090-01-01T00:00:00Z"}}));
  found = backlog.reactions(context, name).value();
  CHECK(found->paused_until == "2090-01-01T00:00:00Z");
}

TEST_CASE("a backlog: open calls are counted by effect, with the time of the oldest event",
          "[contract][backlog]") {
  OnJetStream backend;
  const auto context = backend.context();
  nats::JetStreamBacklogs backlog(backend.connection());
  const auto payment = token("payment");
  CHECK(backlog.open_effects(context, payment, token("call")).value().count == 0);
  const auto arm = [&](const char* aggregate, int id, const std::string& timer,
                       std::int64_t asked) {
    v1::TimerRecord record;
    record.mutable_effect()->mutable_time()->set_seconds(asked);
    std::promise<Result<void>> armed;
    backend.timers().arm({context, token(aggregate), token("p-" + std::to_string(id))},
                         token(timer), SystemClock{}.now() + 1h, record.SerializeAsString(),
                         [&](Result<void> result) { armed.set_value(std::move(result)); });
    REQUIRE(armed.get_future().get());
  };
  for (int i = 0; i < 40; ++i)
    arm("payment", i, "call-" + std::to_string(i), 1'700'000'000 - i % 10);
  arm("payment", 1, "call-other-1", 1);
  arm("payment", 1, "call", 1);  // a declared timer of that name
  arm("other", 1, "call-1", 1);
  const auto open = backlog.open_effects(context, payment, token("call")).value();
  CHECK(open.count == 40);
  CHECK(open.oldest == Time(1'700'000'000s - 9s));
  CHECK(backlog.open_effects(context, payment, token("call-other")).value().count == 1);
}

TEST_CASE("a backlog: what a stream holds, and that it is sealed or nearly full",
          "[contract][backlog]") {
  OnJetStream backend;
  const auto context = backend.context();
  const auto stream = stream_name(StreamKind::events, context);
  const auto subject = Subject::events({context, token("order"), token("o-1")}).str();
  nats::JetStreamBacklogs backlog(backend.connection());
  auto found = backlog.stream(StreamKind::events, context).value();
  CHECK(found.messages.count == 0);
  CHECK_FALSE(found.messages.oldest);
  CHECK(found.refuses.empty());
  for (int i = 0; i < 10; ++i)
    REQUIRE(nats::read_api_reply("a commit", backend.connection().request_and_wait(
                                                 subject, {}, std::string(1'000, 'x'), 5s)));
  found = backlog.stream(StreamKind::events, context).value();
  CHECK(found.messages.count == 10);
  CHECK(found.messages.oldest);

  SECTION("by messages") {
    edit(backend.connection(), stream, {{"max_msgs", 10}});
    CHECK_THAT(backlog.stream(StreamKind::events, context).value().refuses,
               ContainsSubstring("10 of at most 10 messages"));
  }
  SECTION("by bytes") {
    edit(backend.connection(), stream, {{"max_bytes", 10'800}});
    CHECK_THAT(backlog.stream(StreamKind::events, context).value().refuses,
               ContainsSubstring("of at most 10800 bytes"));
  }
  SECTION("sealed") {
    edit(backend.connection(), stream, {{"sealed", true}});
    CHECK_THAT(backlog.stream(StreamKind::events, context).value().refuses,
               ContainsSubstring("sealed"));
  }
  SECTION("far from its bound") {
    edit(backend.connection(), stream, {{"max_bytes", 1'000'000}});
    CHECK(backlog.stream(StreamKind::events, context).value().refuses.empty());
  }
}

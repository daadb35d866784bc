// Exercising rights proves them and leaves no trace.
#include "runtime/nats/client/rights.hpp"

#include <future>

#include <catch2/catch_all.hpp>

#include "tests/contract/delivery_recorder.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

Token token(std::string_view text) { return Token::parse(text).value(); }

ContextModel model_named(const Token& context) {
  ContextModel model;
  model.name = context.str();
  AggregateModel order;
  order.name = "order";
  model.aggregates.push_back(std::move(order));
  model.timers.emplace_back().aggregate = "order";  // so that it hears its own events
  return model;
}

/// What a stream or a consumer holds.
json state(nats::Connection& connection, const std::string& verb) {
  auto info = nats::ask_api_and_wait(connection, verb, nullptr);
  INFO(verb);
  REQUIRE(info);
  if (info->contains("state")) return info->at("state");
  return {{"delivered", info->at("delivered")},
          {"ack_floor", info->at("ack_floor")},
          {"num_ack_pending", info->at("num_ack_pending")}};
}

}  // namespace

TEST_CASE("exercising rights stores, removes and resets nothing", "[contract][rights]") {
  NatsServer server;
  const auto connection = server.connect();
  const auto context = token("ordering");
  or_throw(nats::ensure_streams(*connection, context, 1));
  const Instance order{context, token("order"), token("o-1")};
  const auto write = [&](const Subject& subject) {
    REQUIRE(nats::read_api_reply("", connection->request_and_wait(subject.str(), {}, "x", 5s)));
  };
  for (int i = 0; i < 3; ++i) write(Subject::events(order));
  write(parked_subject(context, token("c"), Subject::events(order)));
  nats::JetStreamTimers timers(*connection);
  std::promise<Result<void>> armed;
  timers.arm(order, token("t"), SystemClock{}.now() + 1h, "x",
             [&](Result<void> result) { armed.set_value(std::move(result)); });
  REQUIRE(armed.get_future().get());
  nats::JetStreamSubscriptions subscriptions(*connection);
  DeliveryRecorder handler;
  const auto name = token("ordering-from-ordering");
  {
    const auto subscription = subscriptions.events(context, name, 2, handler);
    REQUIRE(handler.wait_for(2));
  }
  const auto events = stream_name(StreamKind::events, context);
  const std::vector<std::string> verbs{"STREAM.INFO." + events,
                                       "STREAM.INFO." + stream_name(StreamKind::timers, context),
                                       "STREAM.INFO." + stream_name(StreamKind::parked, context),
                                       "CONSUMER.INFO." + events + "." + name.str()};
  std::vector<json> before;
  for (const auto& verb : verbs) before.push_back(state(*connection, verb));

  nats::Forbidden forbidden;
  REQUIRE(nats::exercise_rights(*connection, {model_named(context)}, forbidden));
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    INFO(verbs[i]);
    CHECK(state(*connection, verbs[i]) == before[i]);
  }
}

TEST_CASE("what is forbidden is named, whatever else is tried with it", "[contract][rights]") {
  NatsServer server(
      "authorization { users: [ { user: node, password: secret, permissions: {\n"
      "  publish: { deny: [\"evt.ordering.>\", \"tmr.ordering.>\", \"slot.*.*.ask.>\"] } } } ] "
      "}\n");
  const auto forbidden = std::make_shared<nats::Forbidden>();
  const auto address = server->url().substr(std::string_view("nats://").size());
  const auto connection = or_throw(nats::Connection::open(
      {.url = "nats://node:secret@" + address,
       .name = "test",
       .forbidden = [forbidden](const std::string& what) { forbidden->heard(what); }}));
  const auto context = token("ordering");
  or_throw(nats::ensure_streams(*connection, context, 1));
  const auto allowed = nats::exercise_rights(*connection, {model_named(context)}, *forbidden);
  REQUIRE_FALSE(allowed);
  CHECK(allowed.error().retryable);
  CHECK_THAT(allowed.error().what, ContainsSubstring("evt.ordering.order.")
                                       && ContainsSubstring("tmr.ordering.armed.")
                                       && ContainsSubstring("slot.ordering.0.ask.")
                                       && !ContainsSubstring("slot.ordering.0.cmd.")
                                       && !ContainsSubstring("dlq.ordering"));
}

TEST_CASE("what is forbidden later is a condition, of a subscription an unready one",
          "[contract][rights]") {
  const SystemClock clock;
  Conditions conditions(clock);
  nats::Forbidden forbidden;
  forbidden.heard("Permissions Violation for Publish to \"before\"");
  CHECK(conditions.all().empty());
  CHECK_THAT(forbidden.take(), ContainsSubstring("before"));
  forbidden.tell(conditions);
  forbidden.heard("Permissions Violation for Publish to \"a\"");
  forbidden.heard("Permissions Violation for Publish to \"b\"");
  REQUIRE(conditions.all().size() == 1);
  CHECK_FALSE(any_unready(conditions.all()));
  CHECK_THAT(conditions.all()[0].sentence, ContainsSubstring("\"b\""));
  forbidden.heard("Permissions Violation for Subscription to \"cmd.ordering.>\"");
  CHECK(any_unready(conditions.all()));
}

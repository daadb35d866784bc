// Effects over NATS, and what a client is told when nobody answers.
#include <memory>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/requests/command_client.hpp"
#include "tests/contract/port_bench.hpp"
#include "troupe/v1/commit.pb.h"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A port's two sides: the caller, and somebody on the other end who replies as told.
struct Bench {
  const std::string subject = "gateway." + random_id();
  const std::unique_ptr<nats::Connection> performer =
      OnJetStream::shared_server().connect("performer");
  PortBench port{v1::CommandReply::default_instance(), v1::CommandReply::default_instance(),
                 nats_request(subject)};

  Result<MessagePtr> call(std::chrono::milliseconds timeout = 5s) {
    auto request = std::make_shared<v1::CommandReply>();
    request->set_sequence(7);
    return port.call(request, "key-1", timeout);
  }

  std::unique_ptr<nats::Connection::Subscribed> perform(nats::Headers headers, std::string body) {
    auto subscribed = or_throw(performer->subscribe(
        subject, "",
        [this, headers = std::move(headers), body = std::move(body)](const nats::Received& call) {
          key = call.header("Idempotency-Key").value_or("");
          traceparent = call.header("traceparent").value_or("");
          v1::CommandReply request;
          understood = request.ParseFromString(std::string(call.body())) && request.sequence() == 7;
          (void)performer->publish(call.reply(), headers, body);
        }));
    // The server has seen the subscription when it answers what was sent behind it.
    (void)performer->request_and_wait("$JS.API.INFO", {}, "", 5s);
    return subscribed;
  }

  std::string key;  // written before the reply, read after it
  std::string traceparent;
  bool understood = false;
};

}  // namespace

TEST_CASE("request effects: a call carries its key and its trace, and brings the answer back",
          "[contract][effects]") {
  Bench bench;
  v1::CommandReply answer;
  answer.set_stream("approved");
  const auto performer = bench.perform({}, answer.SerializeAsString());
  const auto result = bench.call();
  REQUIRE(result);
  CHECK(dynamic_cast<const v1::CommandReply&>(**result).stream() == "approved");
  CHECK(bench.key == "key-1");
  CHECK(bench.traceparent == PortBench::trace);
  CHECK(bench.understood);
}

TEST_CASE("request effects: what may pass is retryable, what cannot is not",
          "[contract][effects]") {
  Bench bench;
  const auto nobody = bench.call();
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().retryable);
  CHECK_THAT(nobody.error().what, ContainsSubstring("ask"));

  const auto failure = [&](const std::string& code) {
    const auto performer =
        bench.perform({{"Nats-Service-Error", "told so"}, {"Nats-Service-Error-Code", code}}, "");
    auto result = bench.call();
    REQUIRE_FALSE(result);
    CHECK_THAT(result.error().what, ContainsSubstring("told so"));
    return result.error().retryable;
  };
  CHECK(failure("500"));
  CHECK(failure("503"));
  CHECK(failure("429"));
  CHECK_FALSE(failure("400"));
  CHECK_FALSE(failure("422"));

  const auto garbage = bench.perform({}, std::string("\xff\xff\xff"));
  const auto unreadable = bench.call();
  REQUIRE_FALSE(unreadable);
  CHECK(unreadable.error().retryable);
}

TEST_CASE("request effects: silence ends with the timeout and is retryable",
          "[contract][effects]") {
  Bench bench;
  const auto deaf = or_throw(bench.performer->subscribe(bench.subject, "", [](const auto&) {}));
  (void)bench.performer->request_and_wait("$JS.API.INFO", {}, "", 5s);
  const auto result = bench.call(200ms);
  REQUIRE_FALSE(result);
  CHECK(result.error().retryable);
}

TEST_CASE("command client: nobody there is 503 and sent nothing; silence is unknown",
          "[contract][client]") {
  Bench bench;
  const auto caller = OnJetStream::shared_server().connect("caller");
  nats::CommandClient client(*caller);
  const auto subject = Subject::parse(bench.subject + ".Do").value();
  const auto nobody =
      client.send_and_wait(subject, "", nats::BodyForm::protobuf, {.command_id = "c-1"}, 5s);
  CHECK(nobody.kind == nats::ClientReply::Kind::rejected);
  CHECK(nobody.code == 503);
  CHECK_THAT(nobody.text, ContainsSubstring("Nothing was sent"));
  CHECK(nobody.command_id == "c-1");

  const auto deaf = or_throw(bench.performer->subscribe(subject.str(), "", [](const auto&) {}));
  (void)bench.performer->request_and_wait("$JS.API.INFO", {}, "", 5s);
  const auto silence =
      client.send_and_wait(subject, "", nats::BodyForm::protobuf, {.command_id = "c-1"}, 200ms);
  CHECK(silence.kind == nats::ClientReply::Kind::unknown);
  CHECK(silence.code == 504);
  CHECK(silence.command_id == "c-1");
}

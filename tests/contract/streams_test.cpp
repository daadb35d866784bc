// How a node creates its streams and refuses weaker ones, on a real server.
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/base/embedded.hpp"
#include "runtime/nats/jetstream/api.hpp"
#include "runtime/nats/jetstream/streams.hpp"
#include "runtime/ports/subject.hpp"
#include "tests/contract/on_jetstream.hpp"

using namespace troupe;
using namespace troupe::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json wanted(const char* path, const Token& context) {
  return nats::stream_definition(embedded_file(path), context, 1);
}

}  // namespace

TEST_CASE("streams: a context's streams are created once and found good afterwards",
          "[contract][streams]") {
  OnJetStream backend;  // created them
  CHECK(nats::ensure_streams(backend.connection(), backend.context(), 1).has_value());
  for (const auto& name : {stream_name(StreamKind::events, backend.context()),
                           stream_name(StreamKind::timers, backend.context()),
                           stream_name(StreamKind::parked, backend.context()), std::string("CTL")})
    CHECK(nats::ask_api_and_wait(backend.connection(), "STREAM.INFO." + name, {}).has_value());
}

TEST_CASE("streams: one with weaker settings is refused in a sentence that says what to do",
          "[contract][streams]") {
  OnJetStream backend;
  struct Weaker {
    const char* field;
    json value;
    const char* says;
  };
  const auto weaker = GENERATE(values<Weaker>({
      {"deny_delete", false, "deny_delete = false where true is needed"},
      {"deny_purge", false, "deny_purge = false where true is needed"},
      {"discard", "old", "discard = \"old\" where \"new\" is needed"},
      {"storage", "memory", "storage = \"memory\" where \"file\" is needed"},
      {"max_age", 60'000'000'000, "max_age = 60000000000 where 0 is needed"},
      {"max_msgs", 1'000, "max_msgs = 1000 where -1 is needed"},
      {"max_msg_size", 1'024, "max_msg_size = 1024 where 1048576 is needed"},
      {"allow_direct", false, "allow_direct = false where true is needed"},
      {"allow_atomic", false, "allow_atomic = false where true is needed"},
  }));
  const auto name = stream_name(StreamKind::events, backend.context());
  json config = wanted("deploy/streams/events.json", backend.context());
  config[weaker.field] = weaker.value;
  REQUIRE(nats::ask_api_and_wait(backend.connection(), "STREAM.DELETE." + name, {}));
  REQUIRE(nats::ask_api_and_wait(backend.connection(), "STREAM.CREATE." + name, config));

  const auto refused = nats::ensure_streams(backend.connection(), backend.context(), 1);
  REQUIRE_FALSE(refused);
  CHECK_FALSE(refused.error().retryable);
  CHECK_THAT(refused.error().what, ContainsSubstring("Stream " + name + " has "));
  CHECK_THAT(refused.error().what, ContainsSubstring(weaker.says));
}

TEST_CASE("streams: stronger and meaningless differences are accepted", "[contract][streams]") {
  const auto context = Token::parse("ordering").value();
  const json events = wanted("deploy/streams/events.json", context);
  json live = events;
  CHECK(nats::weaker_setting(events, live).empty());
  live["num_replicas"] = 3;
  live["max_msg_size"] = 8'000'000;
  live["description"] = "somebody's own words";
  live["duplicate_window"] = 120'000'000'000;
  live.erase("sealed");  // JetStream leaves defaults out
  live.erase("persist_mode");
  CHECK(nats::weaker_setting(events, live).empty());
  live["max_msg_size"] = -1;
  CHECK(nats::weaker_setting(events, live).empty());

  json three = events;
  three["num_replicas"] = 3;
  CHECK_THAT(nats::weaker_setting(three, events),
             ContainsSubstring("num_replicas = 1 where 3 is needed"));
}

TEST_CASE("streams: more replicas than servers is a failure in the server's words",
          "[contract][streams]") {
  OnJetStream backend;
  const auto refused =
      nats::ensure_streams(backend.connection(), Token::parse("threefold").value(), 3);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what, ContainsSubstring("replicas"));
}

TEST_CASE("streams: a server that takes too little in one message is refused in words",
          "[contract][streams]") {
  const tool::TempFolder folder("troupe-nats");
  const auto server =
      or_throw(tool::PrivateNats::start({.folder = folder.path(), .more = "max_payload: 65536"}));
  const auto connection = or_throw(nats::Connection::open({server->url(), "test"}));
  const auto refused = nats::ensure_streams(*connection, Token::parse("ordering").value(), 1);
  REQUIRE_FALSE(refused);
  CHECK_FALSE(refused.error().retryable);
  CHECK_THAT(refused.error().what, ContainsSubstring("at most 65536 bytes"));
  CHECK_THAT(refused.error().what, ContainsSubstring("max_payload"));
}

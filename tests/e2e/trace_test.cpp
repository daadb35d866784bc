// A trace goes through a whole saga: reactions, effects and timers, on all services.
#include <chrono>
#include <set>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/client/connection.hpp"
#include "runtime/nats/jetstream/stream_leaders.hpp"
#include "runtime/nats/log/jetstream_event_streams.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/program.hpp"
#include "tests/support/system.hpp"
#include "troupe/v1/commit.pb.h"

namespace {

using namespace std::chrono_literals;
using namespace troupe;
using troupe::test::eventually;
using troupe::test::run_shop;
using troupe::test::System;

const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

std::vector<v1::Commit> commits_of(nats::Connection& connection, const std::string& context) {
  nats::StreamLeaders leaders(connection);
  nats::JetStreamEventStreams streams(leaders);
  const auto token = *Token::parse(context);
  const auto last = streams.last_sequence(token).value();
  const auto cursor = streams.open(token, 0);
  std::vector<v1::Commit> commits;
  while (commits.size() < last) {
    const auto more = cursor->next(1'000, 5s).value();
    for (const auto& stored : more) commits.emplace_back().ParseFromString(stored.bytes);
  }
  return commits;
}

TEST_CASE("every commit of a saga carries the trace of the command that began it", "[e2e][trace]") {
  System system;
  system.start_node("node-1", {"ordering", "inventory", "payments", "notifications"});
  const auto client = *nats::Connection::open({.url = system.nats().url(), .name = "client"});
  const nats::Headers untraced{{"Content-Type", "application/json"}};
  const nats::Headers traced{{"Content-Type", "application/json"}, {"traceparent", trace}};
  REQUIRE(client
              ->request_and_wait("cmd.inventory.stock.mug.ReceiveStock", untraced,
                                 R"({"reference":"initial","quantity":"10"})", 10s)
              .status
          == nats::Reply::Status::answered);
  const auto place = [&](const std::string& order, const nats::Headers& headers) {
    return client->request_and_wait(
        "cmd.ordering.order." + order + ".PlaceOrder", headers,
        R"({"customerId":"c-1","currency":"GBP","lines":[{"articleId":"mug","quantity":1,"unitPriceMinor":"799"}]})",
        10s);
  };
  REQUIRE(place("o-1", traced).status == nats::Reply::Status::answered);
  REQUIRE(place("o-2", untraced).status == nats::Reply::Status::answered);
  // The mails are the end of both.
  REQUIRE(eventually(30s, [&] {
    std::size_t told = 0;
    for (const auto& commit : commits_of(*client, "notifications"))
      for (const auto& event : commit.events())
        if (event.type_url().ends_with("NotificationSent")) ++told;
    return told >= 2;
  }));

  std::string traced_correlation;
  for (const auto& commit : commits_of(*client, "ordering"))
    if (commit.id() == "o-1") traced_correlation = commit.correlation_id();
  std::set<std::string> with_trace;
  for (const auto* context : {"ordering", "inventory", "payments", "notifications"})
    for (const auto& commit : commits_of(*client, context)) {
      INFO(context << ' ' << commit.aggregate() << ' ' << commit.id() << ' '
                   << commit.command_type());
      const bool of_saga = commit.correlation_id() == traced_correlation;
      CHECK(commit.traceparent() == (of_saga ? trace : ""));
      if (of_saga) with_trace.insert(commit.context());
    }
  CHECK(with_trace.size() == 4);
}

}  // namespace

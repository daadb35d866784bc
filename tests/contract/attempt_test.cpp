// A try to connect that nats.c never ends is noticed.
#include <chrono>
#include <future>
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/nats/client/attempt.hpp"
#include "runtime/nats/client/event_loop.hpp"
#include "runtime/nats/client/handles.hpp"
#include "tests/contract/line_server.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

/// What a server says first, and more.
std::string info(const std::string& more) {
  return R"(INFO {"server_id":"s","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576)"
         + more + "}\r\n";
}

}  // namespace

TEST_CASE("attempt: one that ends in time is not reported, one that does not is", "[contract]") {
  std::promise<void> overdue;
  nats::Attempt attempt(100ms, [&] { overdue.set_value(); });
  attempt.begin();
  attempt.begin();
  attempt.end();
  attempt.end();
  auto reported = overdue.get_future();
  CHECK(reported.wait_for(300ms) == std::future_status::timeout);
  attempt.begin();
  CHECK(reported.wait_for(10s) == std::future_status::ready);
}

TEST_CASE("attempt: a server that says who it is and then nothing is noticed",
          "[contract][connection]") {
  const auto* more = GENERATE("", R"(,"tls_required":true)");
  test::LineServer server(info(more));
  std::promise<void> stuck;
  {
    nats::EventLoop loop(
        1s,
        [&] {
          stuck.set_value();
          server.hang_up();  // the only end that nats.c takes for one
        },
        [] {});
    natsOptions* raw = nullptr;
    REQUIRE(natsOptions_Create(&raw) == NATS_OK);
    const nats::OptionsHandle options(raw);
    REQUIRE(natsOptions_SetURL(raw, server.nats_url().c_str()) == NATS_OK);
    REQUIRE(natsOptions_SetTimeout(raw, 200) == NATS_OK);
    natsConnection* connection = nullptr;
    CHECK(loop.connect(&connection, raw, false) != NATS_OK);
  }
  CHECK(stuck.get_future().wait_for(0s) == std::future_status::ready);
}

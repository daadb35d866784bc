// Requests that wait for an answer end exactly once.
#include <atomic>
#include <chrono>
#include <future>
#include <optional>

#include <catch2/catch_all.hpp>

#include "runtime/nats/client/outstanding.hpp"

using namespace std::chrono_literals;
using troupe::nats::Outstanding;
using troupe::nats::Reply;
using Status = Reply::Status;

TEST_CASE("an answered request is answered once and does not time out", "[nats]") {
  std::atomic<int> calls = 0;
  {
    Outstanding outstanding;
    const auto number = outstanding.add(1h, [&](Reply) { return ++calls < 0; });
    outstanding.answer(number, {Status::answered, {}});
    outstanding.answer(number, {Status::answered, {}});
    outstanding.end(number, Status::not_sent);
  }
  CHECK(calls == 1);
}

TEST_CASE("a request nobody answers times out, also behind a longer one", "[nats]") {
  Outstanding outstanding;
  outstanding.add(1h, [](Reply) { return false; });
  std::promise<Status> ended;
  outstanding.add(10ms, [&](Reply reply) {
    ended.set_value(reply.status);
    return false;
  });
  CHECK(ended.get_future().get() == Status::timed_out);
}

TEST_CASE("a lost connection ends all, also one whose answer is just being handled", "[nats]") {
  Outstanding outstanding;
  std::promise<Status> first;
  std::promise<Status> second;
  outstanding.add(1h, [&](Reply reply) {
    first.set_value(reply.status);
    return true;
  });
  const auto busy = outstanding.add(1h, [&](Reply reply) {
    if (reply.status == Status::answered)
      outstanding.end_all();
    else
      second.set_value(reply.status);
    return true;
  });
  outstanding.answer(busy, {Status::answered, {}});
  CHECK(first.get_future().get() == Status::disconnected);
  CHECK(second.get_future().get() == Status::disconnected);
}

TEST_CASE("what waits at the end ends as disconnected", "[nats]") {
  std::optional<Status> ended;
  {
    Outstanding outstanding;
    outstanding.add(1h, [&](Reply reply) {
      ended = reply.status;
      return true;
    });
  }
  CHECK(ended == Status::disconnected);
}

TEST_CASE("a callback may begin the next request", "[nats]") {
  Outstanding outstanding;
  std::promise<void> both;
  outstanding.add(1ms, [&](Reply) {
    outstanding.add(1ms, [&](Reply) {
      both.set_value();
      return false;
    });
    return false;
  });
  CHECK(both.get_future().wait_for(10s) == std::future_status::ready);
}

// Things that are to happen later.
#include "tools/shop/sim/delay_queue.hpp"

#include <future>

#include <catch2/catch_all.hpp>

namespace {

using namespace std::chrono_literals;
using troupe::tool::DelayQueue;

TEST_CASE("what is due first runs first", "[delay]") {
  std::vector<int> order;
  std::promise<void> done;
  DelayQueue queue;
  REQUIRE(queue.run_after(60ms, [&] {
    order.push_back(2);
    done.set_value();
  }));
  REQUIRE(queue.run_after(0ms, [&] { order.push_back(1); }));
  REQUIRE(done.get_future().wait_for(10s) == std::future_status::ready);
  CHECK(order == std::vector<int>{1, 2});
}

TEST_CASE("what still waits at the end runs at once", "[delay]") {
  bool ran = false;
  {
    DelayQueue queue;
    REQUIRE(queue.run_after(1h, [&] { ran = true; }));
  }
  CHECK(ran);
}

}  // namespace

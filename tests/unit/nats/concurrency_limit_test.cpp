// How many run at a time, and in which order the others follow.
#include <memory>
#include <vector>

#include <catch2/catch_all.hpp>

#include "runtime/nats/log/concurrency_limit.hpp"

using troupe::nats::ConcurrencyLimit;

TEST_CASE("turns: so many run at a time, and the others follow in order", "[nats][turns]") {
  const auto turns = std::make_shared<ConcurrencyLimit>(2);
  std::vector<int> started;
  std::vector<ConcurrencyLimit::Finished> running;
  for (int i = 0; i < 5; ++i)
    turns->take([&, i](ConcurrencyLimit::Finished finished) {
      started.push_back(i);
      running.push_back(std::move(finished));
    });
  CHECK(started == std::vector{0, 1});

  running[1]();
  CHECK(started == std::vector{0, 1, 2});
  for (std::size_t i : {0U, 2U, 3U, 4U}) running[i]();
  CHECK(started == std::vector{0, 1, 2, 3, 4});

  turns->take([&](const ConcurrencyLimit::Finished&) { started.push_back(5); });
  CHECK(started.back() == 5);
}

TEST_CASE("turns: one that ends at once makes room at once", "[nats][turns]") {
  const auto turns = std::make_shared<ConcurrencyLimit>(1);
  int ended = 0;
  for (int i = 0; i < 3; ++i)
    turns->take([&](const ConcurrencyLimit::Finished& finished) {
      ++ended;
      finished();
    });
  CHECK(ended == 3);
}

// Percentiles of measured durations.
#include <chrono>

#include <catch2/catch_all.hpp>

#include "tools/figures/histogram.hpp"

using namespace std::chrono_literals;
using troupe::tool::Histogram;

TEST_CASE("histogram: nothing measured is nothing", "[bench]") {
  CHECK(Histogram().count() == 0);
  CHECK(Histogram().at(0.5) == 0ns);
}

TEST_CASE("histogram: durations come back to a sixty-fourth of themselves", "[bench]") {
  const auto duration = GENERATE(0ns, 1ns, 63ns, 64ns, 65ns, 127ns, 128ns, 1'000ns, 333'333ns,
                                 std::chrono::nanoseconds(20ms), std::chrono::nanoseconds(17min));
  Histogram histogram;
  histogram.add(duration);
  CAPTURE(duration.count());
  CHECK(histogram.at(0.5) >= duration);
  CHECK(histogram.at(0.5) <= duration + duration / 64 + 1ns);
}

TEST_CASE("histogram: shares are of all that was added", "[bench]") {
  Histogram histogram;
  for (int i = 1; i <= 1'000; ++i) histogram.add(std::chrono::microseconds(i));
  const auto near = [](auto share, std::chrono::nanoseconds wanted) {
    return share >= wanted && share <= wanted + wanted / 60;
  };
  CHECK(near(histogram.at(0.5), 500us));
  CHECK(near(histogram.at(0.99), 990us));
  CHECK(near(histogram.at(0.999), 999us));
  CHECK(near(histogram.at(1), 1'000us));
}

TEST_CASE("histogram: what is too long or negative is counted at its end", "[bench]") {
  Histogram histogram;
  histogram.add(-5ns);
  CHECK(histogram.at(1) == 0ns);
  histogram.add(24h);
  CHECK(histogram.at(1) > 18min);
  CHECK(histogram.count() == 2);
}

// Which instances a load is for.
#include <map>

#include <catch2/catch_all.hpp>

#include "tools/troupe-bench/keys.hpp"

using troupe::tool::Keys;

namespace {

std::map<std::uint64_t, int> drawn(std::uint64_t instances, double exponent, int count) {
  Keys keys(instances, exponent, 7);
  std::map<std::uint64_t, int> times;
  for (int i = 0; i < count; ++i) ++times[keys.next()];
  return times;
}

}  // namespace

TEST_CASE("keys: uniform ones reach every instance about equally often", "[bench]") {
  const auto times = drawn(100, 0, 100'000);
  REQUIRE(times.size() == 100);
  for (const auto& [key, count] : times) {
    CHECK(count > 800);
    CHECK(count < 1'200);
  }
}

TEST_CASE("keys: by Zipf's law the second comes half as often as the first", "[bench]") {
  const auto times = drawn(1'000, 1, 200'000);
  CHECK(times.rbegin()->first < 1'000);
  const double first = times.at(0);
  CHECK(first / 200'000
        == Catch::Approx(1 / 7.485).epsilon(0.05));  // 1 / the 1,000th harmonic number
  CHECK(times.at(1) / first == Catch::Approx(1.0 / 2).epsilon(0.05));
  CHECK(times.at(9) / first == Catch::Approx(1.0 / 10).epsilon(0.1));
}

TEST_CASE("keys: one instance is always the same", "[bench]") {
  CHECK(drawn(1, 0, 10).at(0) == 10);
  CHECK(drawn(1, 1, 10).at(0) == 10);
}

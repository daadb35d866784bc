// Which commands are sent again, and when.
#include "tools/shop/drive/repeats.hpp"

#include <string>

#include <catch2/catch_all.hpp>

namespace {

using namespace std::chrono_literals;
using troupe::tool::RepeatOptions;
using troupe::tool::repeats_of;

TEST_CASE("the stated share of commands is repeated, one to four times, within the bound",
          "[drive]") {
  const RepeatOptions options{.share = 0.1, .late_max = 20s, .seed = 7};
  int repeated = 0;
  bool late = false;
  bool at_once = false;
  constexpr int commands = 10'000;
  for (int i = 0; i < commands; ++i) {
    const auto delays = repeats_of("command-" + std::to_string(i), options);
    if (delays.empty()) continue;
    ++repeated;
    CHECK(delays.size() <= 4);
    for (const auto delay : delays) {
      CHECK(delay < 20s);
      late = late || delay > 10s;
      at_once = at_once || delay < 50ms;
    }
  }
  CHECK(repeated > commands * 8 / 100);
  CHECK(repeated < commands * 12 / 100);
  CHECK(late);
  CHECK(at_once);
}

TEST_CASE("the seed and the id decide the repeats", "[drive]") {
  const RepeatOptions all{.share = 1, .seed = 1};
  CHECK(repeats_of("a", all) == repeats_of("a", all));
  CHECK(repeats_of("a", all) != repeats_of("b", all));
  CHECK(repeats_of("a", all) != repeats_of("a", {.share = 1, .seed = 2}));
  CHECK(repeats_of("a", {.share = 0}).empty());
}

}  // namespace

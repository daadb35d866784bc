// What a store of marks promises, in memory and in Redis.
#include <string>

#include <catch2/catch_all.hpp>

#include "runtime/ports/identity.hpp"
#include "tests/contract/in_memory.hpp"
#include "tests/contract/on_redis.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;

namespace {

constexpr Instant now{1'763'900'000'123'456'789ns};

HighWaterMark mark(std::uint64_t sequence, Instant accepted_at = now) {
  return {accepted_at, sequence, sha256(std::to_string(sequence))};
}

template <class Backend>
std::optional<HighWaterMark> found(Backend& backend, const std::string& stream = "EVT_A") {
  return backend.marks().find(backend.context(), stream).value();
}

}  // namespace

TEMPLATE_TEST_CASE("high-water marks: one is found as it was kept", "[contract][log_guard]",
                   InMemory, OnRedis) {
  TestType backend;
  CHECK_FALSE(found(backend));
  REQUIRE(backend.marks().raise(backend.context(), "EVT_A", mark(10)));
  REQUIRE(found(backend));
  CHECK(found(backend)->accepted_at == now);
  CHECK(found(backend)->sequence == 10);
  CHECK(found(backend)->hash == mark(10).hash);
  CHECK_FALSE(found(backend, "CTL"));
}

TEMPLATE_TEST_CASE("high-water marks: a mark rises and never falls, whoever keeps it",
                   "[contract][log_guard]", InMemory, OnRedis) {
  TestType backend;
  const auto raise = [&](const HighWaterMark& to) {
    REQUIRE(backend.marks().raise(backend.context(), "EVT_A", to));
    return found(backend)->sequence;
  };
  CHECK(raise(mark(9)) == 9);
  CHECK(raise(mark(10)) == 10);
  CHECK(raise(mark(9)) == 10);
  CHECK(raise(mark(3, now + 1ns)) == 3);  // of a later acceptance
  CHECK(raise(mark(12)) == 3);
}

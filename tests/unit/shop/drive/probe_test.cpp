// The probes cover every slot with one instance each.
#include "tools/shop/drive/probe.hpp"

#include <catch2/catch_all.hpp>

namespace {

TEST_CASE("every slot is probed by an instance of its own", "[drive]") {
  const auto slots = GENERATE(1U, 7U, 64U);
  const auto instances = troupe::tool::probe_instances(slots);
  REQUIRE(instances.size() == slots);
  for (std::uint32_t slot = 0; slot < slots; ++slot)
    CHECK(troupe::slot_of(instances[slot], slots) == slot);
}

}  // namespace

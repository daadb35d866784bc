// The fingerprint of a running program.
#include "runtime/host/program_fingerprint.hpp"

#include <catch2/catch_all.hpp>

TEST_CASE("a running program has one fingerprint", "[host]") {
  const auto first = troupe::host::program_fingerprint();
  CHECK(first.size() == 64);
  CHECK(troupe::host::program_fingerprint() == first);
}

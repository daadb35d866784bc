// tests/data/slots.csv: instances and the slot of 64 in which NATS's partition function puts them.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/ports/subject.hpp"

namespace troupe::test {

struct SlotRow {
  Instance instance;
  std::uint32_t slot;
};

/// All rows; throws when there is none.
std::vector<SlotRow> slot_table();

}  // namespace troupe::test

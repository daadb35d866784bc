// What an instance reads in its log to tell whether commands are repeats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/engine/history/command_memory.hpp"

namespace troupe::engine {

/// One read: of the places where ids may be, or of all that lies back to a time.
struct LookUp {
  /// By id, of those that were waited for when it began: what was found. Equal ones share it, those
  /// that come meanwhile too.
  std::unordered_map<std::string, std::optional<RememberedCommand>> wanted;
  std::vector<std::uint64_t> places;  ///< in order
  Time since = Time::max();
  std::uint64_t before = 0;  ///< from there on it was read

  bool found_all() const {
    for (const auto& [id, found] : wanted)
      if (!found) return false;
    return true;
  }
};

}  // namespace troupe::engine

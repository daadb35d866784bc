// Stream CTL, decoded: who claimed which slot when, and which life of a stream was accepted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/check/run/report.hpp"
#include "runtime/check/run/run.hpp"
#include "troupe/v1/control.pb.h"

namespace troupe::check {

struct SlotClaim {
  std::uint64_t epoch = 0;  ///< sequence in CTL
  v1::Claim claim;
};

/// Records that make no sense are violations of I9 and are left out.
struct ControlLog {
  using Slot = std::pair<std::string, std::uint32_t>;  ///< context and number

  ControlLog(const std::vector<ControlRecord>& records, Report& report);

  /// The claim of the slot with that epoch, null when there is none.
  const v1::Claim* claim(const Slot& slot, std::uint64_t epoch) const;

  std::uint32_t slots = 0;                              ///< 0: CTL does not say
  std::string system;                                   ///< empty: CTL does not say
  std::map<Slot, std::vector<SlotClaim>> claims;        ///< in the order of the stream
  std::map<std::string, v1::Incarnation> incarnations;  ///< by stream, the latest
  std::uint64_t replaced = 0;  ///< lives of streams that were given up for another one
};

}  // namespace troupe::check

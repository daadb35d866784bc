// A client as it should be: few commands, each with a deadline, and one repeat with the same id.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/base/result.hpp"

namespace troupe::tool {

struct HonestOptions {
  std::string nats_url;
  double rate = 50;  ///< commands per second
  double seconds = 10;
};

struct HonestResult {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;        ///< within their deadline, whatever the answer
  std::uint64_t accepted = 0;        ///< of those
  std::uint64_t answered_twice = 0;  ///< likewise, with the repeat of what was not accepted
  std::uint64_t accepted_twice = 0;
  double p50_ms = 0;  ///< until accepted, from the first try on
  double p99_ms = 0;
  double max_ms = 0;
};

/// Blocks until every command is answered or given up.
Result<HonestResult> run_honest(const HonestOptions& options);

/// A result without one of these fields is refused with an exception.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(HonestResult, sent, answered, accepted, answered_twice,
                                   accepted_twice, p50_ms, p99_ms, max_ms)

}  // namespace troupe::tool

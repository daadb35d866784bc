// The load generator: commands to one context, in a closed loop or at a fixed rate.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "runtime/base/result.hpp"

namespace troupe::tool {

struct LoadOptions {
  std::string nats_url;
  std::uint64_t instances = 10'000;
  double zipf = 0;  ///< exponent; 0: all instances equally often
  std::size_t payload = 128;
  /// Closed loop: so many commands are under way at all times.
  std::size_t outstanding = 1'000;
  /// Open loop when above 0: so many commands per second, whatever the answers do.
  double rate = 0;
  double warm_up_s = 2;
  double seconds = 8;
  /// Above 0: every instance once, in order, then it ends. Without times.
  bool each_once = false;
  std::uint64_t seed = 1;
  std::map<std::string, pid_t> watched;  ///< processes whose processor time is reported
};

/// Of the measured time, except where it says otherwise.
struct LoadResult {
  double seconds = 0;
  std::uint64_t accepted = 0;
  std::uint64_t accepted_in_all = 0;  ///< with warm-up and the end
  std::uint64_t unknown_in_all = 0;   ///< never answered, also after repeats
  std::uint64_t repeats_in_all = 0;   ///< 429, 503, 504 or no answer: sent again with the same id
  std::uint64_t rejected_in_all = 0;
  double p50_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
  double own_cpu_s = 0;
  std::map<std::string, double> cpu_s;  ///< of the watched processes
};

/// Blocks until the time is over and every command is answered or given up. In the open loop the
/// latency counts from the moment at which a command should have been sent.
Result<LoadResult> run_load(const LoadOptions& options);

/// A result without one of these fields is refused with an exception.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(LoadResult, seconds, accepted, accepted_in_all, unknown_in_all,
                                   repeats_in_all, rejected_in_all, p50_us, p99_us, p999_us, max_us,
                                   own_cpu_s, cpu_s)

}  // namespace troupe::tool

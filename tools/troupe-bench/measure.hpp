// The workloads that send commands, and what was measured.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/troupe-bench/stage.hpp"

namespace troupe::tool {

/// One run, or the best of several.
struct Figures {
  double rate_per_s = 0;
  double p50_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  std::map<std::string, double> cpu_s_per_1000;  ///< by process
  std::uint64_t repeats = 0;                     ///< commands sent again
  std::uint64_t unknown = 0;
  std::string problem;  ///< why the stream is not what was acknowledged; empty: verified
};

nlohmann::json to_json(const Figures& figures);

/// Fresh servers, one load, and a look at the whole stream.
Result<Figures> measure(const BenchStageOptions& stage, const LoadOptions& load,
                        const program::StopSignals& signals);

struct CommandsOptions {
  BenchStageOptions stage;
  LoadOptions load;
  bool versus_floor = false;
  unsigned rounds = 1;
  bool json = false;
};

/// Measures the runtime, and the floor in both variants in turn with it when asked for; says what
/// came out. Returns the exit code.
int measure_commands(const CommandsOptions& options);

/// The floor alone, in both variants.
int measure_floor(const CommandsOptions& options);

}  // namespace troupe::tool

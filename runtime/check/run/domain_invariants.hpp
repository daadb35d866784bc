// The invariants of a program's own domain, checked beside those of the runtime.
#pragma once

#include <filesystem>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/check/history/client_commands.hpp"
#include "runtime/check/run/decoded_run.hpp"
#include "runtime/check/run/report.hpp"

namespace troupe::check {

class DomainInvariants {
public:
  virtual ~DomainInvariants() = default;

  /// Their ids, which are none of the runtime's, and what they demand. Static text.
  virtual std::vector<Invariant> rules() const = 0;

  /// Reads what a run's folder holds of the program's own records. False: nothing. Fails when a
  /// file cannot be read.
  virtual Result<bool> read_records(const std::filesystem::path& folder) = 0;

  /// Adds what is violated, of the runtime's invariants too, and what cannot be checked. `told` is
  /// empty where there is no history.
  virtual void check(const DecodedRun& run, const ToldByCommand& told, Report& report) const = 0;
};

}  // namespace troupe::check

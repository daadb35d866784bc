// What a program is made of, for its commands.
#pragma once

#include <memory>
#include <string>

#include "runtime/check/run/domain_invariants.hpp"
#include "runtime/host/program.hpp"

namespace troupe::program {

struct Parts {
  std::string name;  ///< what a person types to run it
  std::string summary;
  host::Program host{};
  /// Of its domain; null: only what holds for any domain is checked.
  std::shared_ptr<check::DomainInvariants> invariants{};
  std::string mistake{};  ///< made while it was put together, or empty
};

/// Null when the program has no such context.
const ContextModel* context_of(const Parts& parts, std::string_view name);

}  // namespace troupe::program

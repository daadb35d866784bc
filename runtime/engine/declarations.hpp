// What contexts may not declare, found before anything runs.
#pragma once

#include <string>
#include <vector>

#include <troupe/model.hpp>
#include "runtime/base/result.hpp"

namespace troupe::engine {

/// The same for two models that know the same commands and queries, see Beat.
std::string vocabulary_of(const ContextModel& model);

/// What is wrong with the contexts of a program, in one sentence, unless nothing is: names that
/// cannot be used or that two have, parts for aggregates that are not there, messages that belong
/// to another context by their package.
Result<void> check_declarations(const std::vector<ContextModel>& contexts);

}  // namespace troupe::engine

// The names of declarations as tokens.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include <troupe/token.hpp>
#include "runtime/base/assert.hpp"

namespace troupe {

/// REQUIRES: `name` is one of a declaration that was checked: a context's, an aggregate's, a
/// consumer's.
inline Token declared_name(std::string_view name) {
  auto token = Token::parse(name);
  TROUPE_ASSERT(token, "declarations are checked before they are run");
  return *std::move(token);
}

}  // namespace troupe

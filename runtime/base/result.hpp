// The outcome of talking to the world: a value, or a failure that knows if a retry helps.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace troupe {

/// One sentence for a person, and whether the same call may succeed later.
struct Failure {
  std::string what;
  bool retryable = true;
};

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> retryable(std::string what) {
  return tl::make_unexpected(Failure{std::move(what), true});
}
inline tl::unexpected<Failure> permanent(std::string what) {
  return tl::make_unexpected(Failure{std::move(what), false});
}

}  // namespace troupe

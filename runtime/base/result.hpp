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
  bool not_made = false;  ///< of a call: nobody was asked, so it was no attempt
};

template <class T>
using Result = tl::expected<T, Failure>;

inline tl::unexpected<Failure> retryable(std::string what) {
  return tl::make_unexpected(Failure{std::move(what), true, false});
}
/// Here is no room for the call now.
inline tl::unexpected<Failure> not_made(std::string what) {
  return tl::make_unexpected(Failure{std::move(what), true, true});
}
inline tl::unexpected<Failure> permanent(std::string what) {
  return tl::make_unexpected(Failure{std::move(what), false, false});
}

}  // namespace troupe

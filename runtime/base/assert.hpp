// A bug aborts the node, in release builds too: stopping is better than continuing in a wrong
// state.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace troupe::detail {

[[noreturn]] inline void assertion_failed(const char* condition, const char* sentence,
                                          const char* file, int line) {
  std::fprintf(stderr, "%s:%d: bug: %s (%s)\n", file, line, sentence, condition);
  std::abort();
}

}  // namespace troupe::detail

#define TROUPE_ASSERT(condition, sentence) \
  ((condition) ? void()                    \
               : ::troupe::detail::assertion_failed(#condition, sentence, __FILE__, __LINE__))

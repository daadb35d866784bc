// Says what a handler of the domain threw, whatever it was.
#pragma once

#include <exception>
#include <string>

namespace troupe::engine {

/// REQUIRES: called while an exception is handled.
inline std::string what_was_thrown() {
  try {
    throw;
  } catch (const std::exception& exception) {
    return exception.what();
  } catch (...) {
    return "something that is no std::exception";
  }
}

}  // namespace troupe::engine

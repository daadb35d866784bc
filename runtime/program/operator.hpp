// Who decides, for records of decisions.
#pragma once

#include <string>

#include <unistd.h>

namespace troupe::program {

/// As far as this process can tell.
inline std::string this_operator() {
  char host[256] = {};
  return gethostname(host, sizeof host - 1) == 0 ? "an operator on " + std::string(host)
                                                 : "an operator";
}

}  // namespace troupe::program

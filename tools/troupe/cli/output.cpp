#include "tools/troupe/cli/output.hpp"

#include <cstdio>

namespace troupe::tool {

int complain(ExitCode code, const std::string& sentence) {
  std::fprintf(stderr, "troupe: %s\n", sentence.c_str());
  return code;
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

}  // namespace troupe::tool

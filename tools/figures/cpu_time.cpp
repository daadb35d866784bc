#include "tools/figures/cpu_time.hpp"

#include <fstream>
#include <sstream>

#include <unistd.h>

namespace troupe::tool {

double cpu_seconds(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  if (!std::getline(file, line)) return 0;
  // The name in parentheses may hold anything; user and system time are the 12th and 13th after it.
  std::istringstream rest(line.substr(line.rfind(')') + 2));
  constexpr int before = 11;
  std::string skipped;
  for (int i = 0; i < before; ++i) rest >> skipped;
  double user = 0;
  double system = 0;
  rest >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::size_t resident_bytes(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace troupe::tool

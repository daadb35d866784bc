// Runs programs of this build as a user does: arguments in, exit code and both outputs out.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tools/servers/child_process.hpp"

namespace troupe::test {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

std::string binary(const std::string& program);
inline std::string shop_binary() { return binary("shop"); }

/// Runs a program to its end; a test that waits longer than `patience` fails.
Ran run_program(const std::string& program, const std::vector<std::string>& arguments,
                const std::string& input = {},
                std::chrono::seconds patience = std::chrono::seconds{120});

/// The same of the order flow's.
Ran run_shop(const std::vector<std::string>& arguments, const std::string& input = {},
             std::chrono::seconds patience = std::chrono::seconds{120});

/// The shop in two steps, for tests that do something meanwhile. The outputs are kept in `folder`.
class Running {
public:
  Running(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
          const std::string& input = {}, const std::string& program = "shop");

  tool::ChildProcess& process() { return process_; }
  bool ended() { return process_.wait(std::chrono::milliseconds{0}).has_value(); }
  Ran finish(std::chrono::seconds patience);

private:
  const std::filesystem::path folder_;
  tool::ChildProcess process_;
};

std::string read_file(const std::filesystem::path& file);

}  // namespace troupe::test

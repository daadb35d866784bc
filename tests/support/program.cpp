#include "tests/support/program.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace troupe::test {

namespace {

/// A shell keeps the outputs apart and then becomes the program, whose pid is thus the child's.
tool::ChildProcess start(const std::vector<std::string>& arguments,
                         const std::filesystem::path& folder, const std::string& input,
                         const std::string& program) {
  std::ofstream(folder / "in") << input;
  std::vector<std::string> argv{
      "sh",           "-c", R"(d=$1; shift; exec "$@" <"$d/in" 2>"$d/err")", "sh", folder.string(),
      binary(program)};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  auto child = tool::ChildProcess::start({.argv = argv, .log = folder / "out"});
  REQUIRE(child.has_value());
  return std::move(*child);
}

}  // namespace

std::string binary(const std::string& program) { return TROUPE_BUILD "/" + program; }

std::string read_file(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

Running::Running(const std::vector<std::string>& arguments, const std::filesystem::path& folder,
                 const std::string& input, const std::string& program)
    : folder_(folder), process_(start(arguments, folder, input, program)) {}

Ran Running::finish(std::chrono::seconds patience) {
  const auto code = process_.wait(patience);
  Ran ran{.code = code.value_or(-1),
          .out = read_file(folder_ / "out"),
          .err = read_file(folder_ / "err")};
  if (!code) FAIL("it did not end in time; it wrote:\n" << ran.out << ran.err);
  return ran;
}

Ran run_program(const std::string& program, const std::vector<std::string>& arguments,
                const std::string& input, std::chrono::seconds patience) {
  const tool::TempFolder folder("troupe-run");
  return Running(arguments, folder.path(), input, program).finish(patience);
}

Ran run_shop(const std::vector<std::string>& arguments, const std::string& input,
             std::chrono::seconds patience) {
  return run_program("shop", arguments, input, patience);
}

}  // namespace troupe::test

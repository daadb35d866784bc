// Records of a run, one JSON object per line: nothing of them is passed over in silence.
#include "runtime/check/history/json_lines.hpp"

#include <fstream>

#include <catch2/catch_all.hpp>

#include "tools/servers/temp_folder.hpp"

namespace {

using Catch::Matchers::ContainsSubstring;
using troupe::check::for_each_json_line;

/// How many lines of the text are read, or why not.
troupe::Result<int> lines_of(const std::string& text) {
  const troupe::tool::TempFolder folder("troupe-json-lines");
  const auto file = folder.path() / "x.jsonl";
  std::ofstream(file, std::ios::binary) << text;
  int lines = 0;
  return for_each_json_line(file, [&](const nlohmann::json&) { ++lines; }).map([&] {
    return lines;
  });
}

TEST_CASE("whole lines are read, and the torn one that a killed process left is not", "[history]") {
  CHECK(lines_of("").value() == 0);
  CHECK(lines_of("{}\n{}\n").value() == 2);
  CHECK(lines_of("{}\n{\"a\":").value() == 1);
  CHECK(lines_of("{}\r\n{}\r\n").value() == 2);
}

TEST_CASE("lines that end with CR alone are refused, not taken for a torn one", "[history]") {
  const auto read = lines_of("{}\r{}\r");
  REQUIRE_FALSE(read);
  CHECK_THAT(read.error().what, ContainsSubstring("x.jsonl:1") && ContainsSubstring("carriage"));
  CHECK_FALSE(lines_of("{}\n{}\r{}\r"));
}

}  // namespace

// Reads tests/data/golden: messages as text and as the bytes that once were stored.
#pragma once

#include <cctype>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace troupe::test {

/// A line with the message's full name, its text format indented below, and after `=` its bytes in
/// hexadecimal, on as many lines as it takes. `#` begins a comment.
struct GoldenExample {
  std::string file;
  std::string type;  ///< full name
  std::string text;
  std::string hex;
};

inline void read_golden_file(const std::filesystem::path& path, std::vector<GoldenExample>& to) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const bool named = std::isalpha(static_cast<unsigned char>(line[0])) != 0;
    if (named)
      to.push_back({.file = path.filename().string(), .type = line, .text = {}, .hex = {}});
    else if (to.empty() || (line[0] != '=' && line[0] != ' '))
      throw std::runtime_error(path.string() + ": what is \"" + line + "\"?");
    else if (line[0] == '=')
      to.back().hex += line.substr(line.size() > 1 ? 2 : 1);
    else
      to.back().text += line + '\n';
  }
}

inline std::vector<GoldenExample> golden_examples(const std::filesystem::path& folder) {
  std::vector<GoldenExample> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    read_golden_file(entry.path(), all);
  return all;
}

}  // namespace troupe::test

// A file with one JSON object per line, written so that a killed process loses at most one line.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "runtime/base/result.hpp"

namespace troupe::check {

/// Appends lines. Thread safe. One writer per file at a time.
class JsonLinesWriter {
public:
  /// Opens or creates the file. A torn last line, left by a killed process, is cut off.
  static Result<JsonLinesWriter> open(const std::filesystem::path& file);

  JsonLinesWriter(JsonLinesWriter&& other) noexcept;

  /// The line is the kernel's when this returns. A disk that refuses it is logged, once: the run
  /// goes on, but its check will miss the line.
  void write(const nlohmann::json& line);

private:
  explicit JsonLinesWriter(std::ofstream out) : out_(std::move(out)) {}

  std::mutex mutex_;  // guards what follows
  std::ofstream out_;
  bool failed_ = false;
};

/// Hands the lines of a file to `line`. A last line without its end is ignored; anything else that
/// is not a JSON object, or at which `line` throws, fails with its line number.
Result<void> for_each_json_line(const std::filesystem::path& file,
                                const std::function<void(const nlohmann::json&)>& line);

/// All lines of a file as `parsed` reads them; it may throw.
template <class T>
Result<std::vector<T>> read_json_lines(const std::filesystem::path& file,
                                       T (*parsed)(const nlohmann::json&)) {
  std::vector<T> all;
  return for_each_json_line(file, [&](const nlohmann::json& line) { all.push_back(parsed(line)); })
      .map([&] { return std::move(all); });
}

/// Reads all records of a file in a folder with `read` into `place`. False: there is no such file.
template <class Record>
Result<bool> read_if_there(const std::filesystem::path& folder, std::string_view file,
                           Result<std::vector<Record>> (*read)(const std::filesystem::path&),
                           std::optional<std::vector<Record>>& place) {
  if (!std::filesystem::exists(folder / file)) return false;
  auto records = read(folder);
  if (!records) return tl::make_unexpected(records.error());
  place = *std::move(records);
  return true;
}

}  // namespace troupe::check

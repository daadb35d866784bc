// Lines are written whole and flushed one by one.
#include "runtime/check/history/json_lines.hpp"

#include <exception>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include <spdlog/spdlog.h>

namespace troupe::check {

namespace {

void cut_torn_line(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.empty() || text.back() == '\n') return;
  const auto end = text.rfind('\n');
  std::error_code ignored;  // the open that follows reports a file that cannot be written
  std::filesystem::resize_file(file, end == std::string::npos ? 0 : end + 1, ignored);
}

}  // namespace

Result<JsonLinesWriter> JsonLinesWriter::open(const std::filesystem::path& file) {
  cut_torn_line(file);
  std::ofstream out(file, std::ios::binary | std::ios::app);
  if (!out) return permanent("cannot write " + file.string() + ": does its folder exist?");
  return JsonLinesWriter(std::move(out));
}

JsonLinesWriter::JsonLinesWriter(JsonLinesWriter&& other) noexcept
    : out_(std::move(other.out_)), failed_(other.failed_) {}

void JsonLinesWriter::write(const nlohmann::json& line) {
  const std::string text =
      line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  const std::lock_guard lock(mutex_);
  out_ << text << std::flush;
  if (out_ || failed_) return;
  failed_ = true;
  spdlog::error(
      "a line of the run's record could not be written (disk full?): check results of "
      "this run are not to be trusted");
}

Result<void> for_each_json_line(const std::filesystem::path& file,
                                const std::function<void(const nlohmann::json&)>& line) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return permanent("cannot read " + file.string());
  std::size_t number = 0;
  // A line that ends with the file instead of a line end is the one a killed process was writing.
  std::string text;
  for (; std::getline(in, text) && !in.eof();) {
    ++number;
    try {
      line(nlohmann::json::parse(text));
    } catch (const std::exception& error) {
      return permanent(file.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  if (text.find('\r') != std::string::npos)
    return permanent(file.string() + ":" + std::to_string(number + 1)
                     + ": a carriage return; lines end with LF");
  return {};
}

}  // namespace troupe::check

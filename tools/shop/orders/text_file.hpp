// Reads a text file, plain or compressed by gzip, into memory.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/result.hpp"

namespace troupe::tool {

/// Above this a file is refused rather than read.
inline constexpr std::size_t text_file_bytes_max = 1U << 30U;

/// The content; gzip is recognised by itself, whatever the name. Fails with a sentence that names
/// the file.
Result<std::string> read_text_file(const std::filesystem::path& file);

}  // namespace troupe::tool

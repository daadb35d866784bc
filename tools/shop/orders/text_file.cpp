#include "tools/shop/orders/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include <zlib.h>

namespace troupe::tool {

namespace {

constexpr unsigned chunk_bytes = 1U << 18U;

struct CloseGzip {
  void operator()(gzFile_s* file) const noexcept { gzclose(file); }
};
using GzipHandle = std::unique_ptr<gzFile_s, CloseGzip>;

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return permanent(path.string() + " is a folder, not a file");
  errno = 0;
  const GzipHandle file{gzopen(path.c_str(), "rb")};
  if (!file) return permanent("cannot open " + path.string() + ": " + std::strerror(errno));

  std::string text;
  std::vector<char> chunk(chunk_bytes);
  for (;;) {
    const int read = gzread(file.get(), chunk.data(), chunk_bytes);
    if (read > 0) text.append(chunk.data(), static_cast<std::size_t>(read));
    if (text.size() > text_file_bytes_max)
      return permanent(path.string() + " is larger than 1 GiB; split it");
    if (read == static_cast<int>(chunk_bytes)) continue;

    // A short read is the end, or hides a file that was cut off or damaged.
    int status = Z_OK;
    const char* message = gzerror(file.get(), &status);
    if (read < 0 || status == Z_BUF_ERROR)
      return permanent("cannot read " + path.string() + ": " + message);
    if (read == 0) return text;
  }
}

}  // namespace troupe::tool

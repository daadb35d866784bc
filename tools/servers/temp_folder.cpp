#include "tools/servers/temp_folder.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace troupe::tool {

namespace {

/// Where the environment says, also when nothing is there.
std::string parent() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

std::filesystem::path or_throw(Result<TempFolder> made) {
  if (!made) throw std::runtime_error(made.error().what);
  made->keep();
  return made->path();
}

}  // namespace

Result<TempFolder> TempFolder::make(const std::string& purpose) {
  const auto where = parent();
  auto name = where + "/" + purpose + "-XXXXXX";
  if (mkdtemp(name.data()) == nullptr)
    return permanent("no folder for temporary files can be made in " + where + ": "
                     + std::strerror(errno) + "; name another one by TMPDIR");
  return TempFolder(Made{}, std::move(name));
}

TempFolder::TempFolder(const std::string& purpose) : path_(or_throw(make(purpose))) {}

TempFolder::TempFolder(TempFolder&& other) noexcept
    : path_(std::move(other.path_)), kept_(other.kept_) {
  other.kept_ = true;
}

TempFolder::~TempFolder() {
  if (kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace troupe::tool

// A fresh folder for one run, removed at the end unless somebody wants to look at it.
#pragma once

#include <filesystem>
#include <string>

namespace troupe::tool {

class TempFolder {
public:
  /// Under the system's folder for temporary files, named after `purpose`.
  explicit TempFolder(const std::string& purpose);
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  void keep() noexcept { kept_ = true; }

private:
  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace troupe::tool

// A fresh folder for one run, removed at the end unless somebody wants to look at it.
#pragma once

#include <filesystem>
#include <string>

#include "runtime/base/result.hpp"

namespace troupe::tool {

class TempFolder {
public:
  /// Under the system's folder for temporary files, named after `purpose`. Fails with a sentence
  /// when that is not there or cannot be written.
  static Result<TempFolder> make(const std::string& purpose);

  /// The same, for tests: throws what make() fails with.
  explicit TempFolder(const std::string& purpose);
  ~TempFolder();
  TempFolder(TempFolder&& other) noexcept;
  TempFolder& operator=(TempFolder&&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }
  void keep() noexcept { kept_ = true; }

private:
  struct Made {};
  TempFolder(Made, std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
  bool kept_ = false;
};

}  // namespace troupe::tool

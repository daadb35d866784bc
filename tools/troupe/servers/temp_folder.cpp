#include "tools/troupe/servers/temp_folder.hpp"

#include <cstdlib>
#include <system_error>

#include "runtime/ports/assert.hpp"

namespace troupe::tool {

TempFolder::TempFolder(const std::string& purpose) {
  std::string name = (std::filesystem::temp_directory_path() / (purpose + "-XXXXXX")).string();
  TROUPE_ASSERT(mkdtemp(name.data()) != nullptr, "the folder for temporary files is not writable");
  path_ = name;
}

TempFolder::~TempFolder() {
  if (kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace troupe::tool

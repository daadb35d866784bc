// The files of the project that `troupe new` writes, carried inside the program:
// tools/troupe/templates/.
#pragma once

#include <span>
#include <string_view>

namespace troupe::tool {

struct TemplateFile {
  std::string_view path;  ///< in the project
  std::string_view text;
};

/// Of the project "subscriptions".
std::span<const TemplateFile> template_files();

}  // namespace troupe::tool

# Generates a table of files that the program carries inside it: see runtime/base/embedded.hpp.
file(GLOB embedded CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
     config/default.toml deploy/streams/*.json deploy/nats/*.conf deploy/redis/*.conf runtime/redis/*.lua)
list(SORT embedded)
set(rows "")
foreach(path ${embedded})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  file(READ ${path} text)
  string(APPEND rows "    {\"${path}\", R\"__(${text})__\"},\n")
endforeach()

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/embedded.cpp @ONLY CONTENT
[[#include "runtime/base/embedded.hpp"
#include "runtime/base/assert.hpp"
#include <utility>
namespace troupe {
std::string_view embedded_file(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> files[] = {
@rows@  };
  for (const auto& [name, text] : files)
    if (name == path) return text;
  TROUPE_ASSERT(false, "the program does not carry this file");
}
}  // namespace troupe
]])
target_sources(troupe_runtime_base PRIVATE ${PROJECT_BINARY_DIR}/embedded.cpp)

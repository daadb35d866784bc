# Generates the table of the files in templates/: see tools/troupe/templates.hpp.
set(templates_folder ${CMAKE_CURRENT_LIST_DIR}/templates)
file(GLOB_RECURSE templates CONFIGURE_DEPENDS RELATIVE ${templates_folder} ${templates_folder}/*)
list(SORT templates)
set(rows "")
foreach(path ${templates})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${templates_folder}/${path})
  file(READ ${templates_folder}/${path} text)
  string(APPEND rows "      {\"${path}\", R\"__(${text})__\"},\n")
endforeach()

file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/templates.cpp @ONLY CONTENT
[[#include "tools/troupe/templates.hpp"
namespace troupe::tool {
std::span<const TemplateFile> template_files() {
  static constexpr TemplateFile files[] = {
@rows@  };
  return files;
}
}  // namespace troupe::tool
]])

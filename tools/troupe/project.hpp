// The project that `troupe new` makes of a name: which names there are, its files, and writing it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace troupe::tool {

/// Why a project cannot have the name, in one sentence, or empty. The name becomes a folder, a
/// program, a context, a protobuf package, a C++ namespace and a CMake target.
std::string objection_to_name(std::string_view name);

/// The context's type: `CarRentals` of `car_rentals`.
std::string type_name(std::string_view name);

struct ProjectFile {
  std::filesystem::path path;  ///< from the project's folder
  std::string text;
  bool is_program = false;  ///< can be executed
};

/// REQUIRES: nothing objects to the name.
std::vector<ProjectFile> project_files(std::string_view name);

/// Makes the folder and writes all files into it. The folder is there with all of them, or, when
/// that fails, not at all. Never touches a folder or file that exists.
Result<void> write_project(const std::filesystem::path& folder,
                           const std::vector<ProjectFile>& files);

}  // namespace troupe::tool

// Files of the source tree that the program carries inside it: configuration, stream definitions,
// Redis scripts.
#pragma once

#include <string_view>

namespace troupe {

/// The text of a file by its path from the root of the source tree, such as "config/default.toml".
/// REQUIRES: config/embed.cmake lists it.
std::string_view embedded_file(std::string_view path);

}  // namespace troupe

// Any text as a legal token and back: stock codes such as "BANK CHARGES" become names of instances.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace troupe::tool {

/// Keeps letters, digits and '-'; every other byte becomes '_' and two upper-case hexadecimal
/// digits. Different texts become different tokens. Longer than a token may be when `text` is long.
std::string escape_token(std::string_view text);

/// The text that `escape_token` made this of, or nothing when it made no such token.
std::optional<std::string> unescape_token(std::string_view token);

}  // namespace troupe::tool

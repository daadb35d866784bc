// What comes from outside, made fit for a log line and a terminal.
#pragma once

#include <string>
#include <string_view>

namespace troupe {

/// Whether a text is UTF-8 without a character that moves a terminal's cursor, begins a line or
/// changes the direction of writing.
bool is_printable(std::string_view text);

/// The text with every other byte or character written out, as \n, \t or \x1b: one line, which
/// cannot be taken for two, or for something else than it is.
std::string printable(std::string_view text);

/// The same, keeping line ends and tabs.
std::string printable_lines(std::string_view text);

}  // namespace troupe

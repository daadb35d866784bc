#include "runtime/base/printable.hpp"

#include <cstdint>

#include <spdlog/fmt/fmt.h>

namespace troupe {

namespace {

/// The first character of a text: its bytes, or one byte that begins none, and what it is.
struct Character {
  std::size_t bytes;
  std::uint32_t code;
  bool whole;
};

Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, lead, true};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  std::uint32_t code = lead & (0xffU >> (bytes + 1));
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {1, lead, false};
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {1, lead, false};
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[bytes] || code > 0x10ffff || surrogate) return {1, lead, false};
  return {bytes, code, true};
}

/// Controls of both sets, line and paragraph separators, and what reverses the direction of text.
bool is_control(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0x200e
         || code == 0x200f || (code >= 0x2028 && code <= 0x202e)
         || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::string written_out(std::string_view character) {
  if (character == "\n") return "\\n";
  if (character == "\r") return "\\r";
  if (character == "\t") return "\\t";
  std::string text;
  for (const char c : character) text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::string made_printable(std::string_view text, std::string_view kept) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_of(text);
    const auto bytes = text.substr(0, character.bytes);
    const bool keep = (character.whole && !is_control(character.code))
                      || (!kept.empty() && kept.find(text[0]) != std::string_view::npos);
    result += keep ? std::string(bytes) : written_out(bytes);
    text.remove_prefix(character.bytes);
  }
  return result;
}

}  // namespace

bool is_printable(std::string_view text) {
  while (!text.empty()) {
    const auto character = first_of(text);
    if (!character.whole || is_control(character.code)) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

std::string printable(std::string_view text) { return made_printable(text, {}); }

std::string printable_lines(std::string_view text) { return made_printable(text, "\n\t"); }

}  // namespace troupe

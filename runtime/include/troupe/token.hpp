// A name that may stand between two dots of a subject: 1 to 64 of [A-Za-z0-9_-].
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace troupe {

inline constexpr std::size_t token_length_max = 64;

constexpr bool is_token(std::string_view text) noexcept {
  if (text.empty() || text.size() > token_length_max) return false;
  for (const char c : text) {
    const bool legal = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                       || c == '_' || c == '-';
    if (!legal) return false;
  }
  return true;
}

/// Holds a legal name and nothing else, so that whatever is built from tokens cannot be used to
/// inject a wildcard, a further token or a protocol line.
class Token {
public:
  static std::optional<Token> parse(std::string_view text) {
    if (!is_token(text)) return std::nullopt;
    return Token{std::string(text)};
  }

  const std::string& str() const noexcept { return text_; }
  friend auto operator<=>(const Token&, const Token&) = default;

private:
  explicit Token(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace troupe

// Cleans, splits and reads text.
#include "runtime/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace troupe::nats {

std::string printable(std::string_view text, std::size_t length_max) {
  constexpr std::string_view cut = " ...";
  const bool too_long = text.size() > length_max;
  std::string clean(too_long ? text.substr(0, length_max - cut.size()) : text);
  for (char& c : clean)
    if (c < ' ' || c > '~') c = '?';
  if (too_long) clean += cut;
  return clean;
}

std::vector<std::string_view> split_tokens(std::string_view subject) {
  std::vector<std::string_view> tokens;
  for (;;) {
    const auto dot = subject.find('.');
    tokens.push_back(subject.substr(0, dot));
    if (dot == std::string_view::npos) return tokens;
    subject.remove_prefix(dot + 1);
  }
}

bool is_clean(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c == 0x7f;
  });
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace troupe::nats

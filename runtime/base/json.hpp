// JSON that others wrote: what is missing or of another type is absent, and nothing throws.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

namespace troupe::nats {

/// Deeper nesting is no answer of anybody's, and walking through it could exhaust the stack.
inline constexpr std::size_t json_depth_max = 64;

/// Nothing when the text is no JSON, or too deep.
std::optional<nlohmann::json> read_json(std::string_view text);

/// What stands at a path such as "state.last_seq": names of fields with dots between. Null when
/// there is nothing. Lives as long as `json`.
const nlohmann::json* find(const nlohmann::json& json, std::string_view path);

/// A value as a flag, a whole number or a text; nothing when it is of another type or does not fit.
template <class T>
std::optional<T> as(const nlohmann::json& value) {
  if constexpr (std::same_as<T, bool>) {
    if (const auto* flag = value.get_ptr<const bool*>()) return *flag;
  } else if constexpr (std::integral<T>) {
    if (const auto* number = value.get_ptr<const std::uint64_t*>())
      return std::in_range<T>(*number) ? std::optional(static_cast<T>(*number)) : std::nullopt;
    if (const auto* number = value.get_ptr<const std::int64_t*>())
      return std::in_range<T>(*number) ? std::optional(static_cast<T>(*number)) : std::nullopt;
  } else {
    static_assert(std::same_as<T, std::string> || std::same_as<T, std::string_view>,
                  "a field is read as a flag, a whole number or a text");
    if (const auto* text = value.get_ptr<const std::string*>()) return *text;
  }
  return std::nullopt;
}

/// The same of what stands at a path, when there is something. A std::string_view lives as long as
/// `json`.
template <class T>
std::optional<T> field(const nlohmann::json& json, std::string_view path) {
  const auto* found = find(json, path);
  return found != nullptr ? as<T>(*found) : std::nullopt;
}

/// The elements of the list at a path; none when there is no list. Lives as long as `json`.
const nlohmann::json::array_t& list(const nlohmann::json& json, std::string_view path);

}  // namespace troupe::nats

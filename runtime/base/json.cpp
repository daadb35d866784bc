#include "runtime/base/json.hpp"

namespace troupe::nats {

namespace {

/// Brackets within texts count, too, where it is no JSON; a parser says that.
bool is_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') ++i;
    if (c == '"') in_text = !in_text;
    if (in_text) continue;
    if ((c == '{' || c == '[') && ++depth > json_depth_max) return true;
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return false;
}

}  // namespace

std::optional<nlohmann::json> read_json(std::string_view text) {
  if (is_deep(text)) return std::nullopt;
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

const nlohmann::json* find(const nlohmann::json& json, std::string_view path) {
  const auto* at = &json;
  for (;;) {
    const auto dot = path.find('.');
    const auto* object = at->get_ptr<const nlohmann::json::object_t*>();
    if (object == nullptr) return nullptr;
    const auto found = object->find(std::string(path.substr(0, dot)));
    if (found == object->end()) return nullptr;
    at = &found->second;
    if (dot == std::string_view::npos) return at;
    path.remove_prefix(dot + 1);
  }
}

const nlohmann::json::array_t& list(const nlohmann::json& json, std::string_view path) {
  static const nlohmann::json::array_t none;
  const auto* found = find(json, path);
  const auto* all = found != nullptr ? found->get_ptr<const nlohmann::json::array_t*>() : nullptr;
  return all != nullptr ? *all : none;
}

}  // namespace troupe::nats

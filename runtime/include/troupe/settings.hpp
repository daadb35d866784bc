// The settings that a program declares of its own, as a node's configuration has them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace troupe {

/// Values by their path, such as "cards.subject". Thread safety: as of a constant.
///
///     .effect<ChargeCard>([](const Settings& s) { return nats_request(s.text("cards.subject")); })
class Settings {
public:
  using Value = std::variant<std::string, std::int64_t, double, bool>;
  using Values = std::map<std::string, Value, std::less<>>;

  Settings() = default;
  explicit Settings(Values values) : values_(std::move(values)) {}

  /// REQUIRES: the program declares a setting of this name and type. A mistake ends the process
  /// with a sentence.
  const std::string& text(std::string_view name) const { return get<std::string>(name, "text"); }
  std::int64_t number(std::string_view name) const { return get<std::int64_t>(name, "number"); }
  double fraction(std::string_view name) const { return get<double>(name, "fraction"); }
  bool flag(std::string_view name) const { return get<bool>(name, "flag"); }

  const Values& all() const noexcept { return values_; }

private:
  template <class T>
  const T& get(std::string_view name, const char* kind) const {
    const auto found = values_.find(name);
    const T* value = found == values_.end() ? nullptr : std::get_if<T>(&found->second);
    if (value == nullptr) not_declared(name, kind);
    return *value;
  }

  [[noreturn]] static void not_declared(std::string_view name, const char* kind) {
    std::fprintf(stderr, "bug: the program reads its setting \"%.*s\" as a %s and declares none\n",
                 static_cast<int>(name.size()), name.data(), kind);
    std::abort();
  }

  Values values_;
};

}  // namespace troupe

// The settings that a program declares of its own, as a node's configuration has them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "runtime/base/assert.hpp"

namespace troupe::host {

/// Values by their path, such as "payments.gateway".
class Settings {
public:
  using Value = std::variant<std::string, std::int64_t, double, bool>;
  using Values = std::map<std::string, Value, std::less<>>;

  Settings() = default;
  explicit Settings(Values values) : values_(std::move(values)) {}

  /// REQUIRES: the program declares a setting of this name and type; a mistake aborts.
  const std::string& text(std::string_view name) const { return get<std::string>(name); }
  std::int64_t number(std::string_view name) const { return get<std::int64_t>(name); }
  double fraction(std::string_view name) const { return get<double>(name); }
  bool flag(std::string_view name) const { return get<bool>(name); }

  const Values& all() const noexcept { return values_; }

private:
  template <class T>
  const T& get(std::string_view name) const {
    const auto found = values_.find(name);
    TROUPE_ASSERT(found != values_.end() && std::holds_alternative<T>(found->second),
                  "a program reads only settings that it declares, as what they are");
    return std::get<T>(found->second);
  }

  Values values_;
};

}  // namespace troupe::host

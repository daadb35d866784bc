// The names of keys in Redis.
#pragma once

#include <string>
#include <string_view>

#include <troupe/token.hpp>
#include "runtime/ports/subject.hpp"
#include "runtime/ports/view_store.hpp"

namespace troupe::redis {

/// Every key begins with troupe:<system>: and so belongs to one system: others that use the same
/// Redis, on purpose or by mistake, never meet it. Braces keep together, in one slot of a Redis
/// Cluster, what one script works on.
class Keys {
public:
  /// REQUIRES: `system` is a token.
  explicit Keys(std::string_view system) : prefix_("troupe:" + std::string(system) + ":") {}

  /// As they were before they named a system.
  static Keys without_system() { return Keys(); }

  std::string of(const Token& context, std::string_view what) const {
    return prefix_ + "{" + context.str() + "}:" + std::string(what);
  }
  std::string of(const ViewName& view, std::string_view what) const {
    return prefix_ + "{" + view.context.str() + "." + view.view.str() + "}:" + std::string(what);
  }
  std::string snapshot(const Subject& instance) const {
    return prefix_ + "snapshot:" + instance.str();
  }

private:
  Keys() : prefix_("troupe:") {}

  std::string prefix_;
};

}  // namespace troupe::redis

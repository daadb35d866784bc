#include "runtime/program/parts.hpp"

#include <algorithm>

namespace troupe::program {

const ContextModel* context_of(const Parts& parts, std::string_view name) {
  const auto& contexts = parts.host.contexts;
  const auto found = std::ranges::find(contexts, name, &ContextModel::name);
  return found == contexts.end() ? nullptr : &*found;
}

}  // namespace troupe::program

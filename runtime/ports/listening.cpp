#include "runtime/ports/listening.hpp"

namespace troupe {

std::set<std::string> sources_of(const ContextModel& model) {
  std::set<std::string> sources;
  for (const auto& reaction : model.reactions)
    for (const auto& [type, prototype] : reaction.events) sources.emplace(context_of(type));
  if (!model.timers.empty() || !model.effects.empty()) sources.insert(model.name);
  return sources;
}

std::string consumer_name(std::string_view context, std::string_view source) {
  return std::string(context) + "-from-" + std::string(source);
}

}  // namespace troupe

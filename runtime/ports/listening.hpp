// Whose events a context hears, and by which consumers.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include <troupe/model.hpp>

namespace troupe {

/// The contexts to whose events this one listens. Its own too when it has timers or effects.
std::set<std::string> sources_of(const ContextModel& model);

/// `<context>-from-<source>`: the durable's name and part of its commands' ids.
std::string consumer_name(std::string_view context, std::string_view source);

}  // namespace troupe

#include "runtime/ports/backlogs.hpp"

#include <algorithm>

namespace troupe {

bool is_effect_timer(std::string_view timer, std::string_view effect) {
  if (!timer.starts_with(effect)) return false;
  timer.remove_prefix(effect.size());
  return timer.size() > 1 && timer.front() == '-'
         && std::ranges::all_of(timer.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace troupe

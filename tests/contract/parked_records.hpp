// Reads what is parked.
#pragma once

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/ports/parked_events.hpp"

namespace troupe::test {

inline Result<std::optional<Parked>> next_parked(ParkedEvents& parked, const Token& context,
                                                 const Token& consumer, const std::string& source,
                                                 std::uint64_t after) {
  std::promise<Result<std::optional<Parked>>> found;
  parked.next(context, consumer, source, after,
              [&](auto result) { found.set_value(std::move(result)); });
  return found.get_future().get();
}

/// All of a consumer, in the order they were parked. Throws when they cannot be read.
inline std::vector<Parked> all_parked(ParkedEvents& parked, const Token& context,
                                      const Token& consumer) {
  std::vector<Parked> all;
  const auto sources = parked.sources(context, consumer).value();
  for (const auto& source : sources) {
    std::uint64_t after = 0;
    while (const auto found = next_parked(parked, context, consumer, source, after).value()) {
      after = found->sequence;
      all.push_back(*found);
    }
  }
  std::ranges::sort(all, {}, &Parked::sequence);
  return all;
}

}  // namespace troupe::test
